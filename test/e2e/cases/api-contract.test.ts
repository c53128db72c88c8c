import { httpsTransport, loadCredentials } from "@stowage/kube";
import { afterAll, beforeAll, expect, test } from "vitest";
import { at } from "../src/kinds.ts";
import { conversations } from "../src/contract/api-conversations.ts";
import type { Side } from "../src/contract/api-side.ts";
import { modelSide, realSide } from "../src/contract/api-side.ts";
import { World } from "../src/world.ts";

let world: World;
let real: Side;

beforeAll(async () => {
  world = await World.enter("contract");
  real = realSide(httpsTransport(await loadCredentials({ kubeconfig: world.cluster.kubeconfig })));
});

afterAll(async () => {
  for (const object of await world.list("NodeLocalStorage")) {
    const name = String(at(object, "metadata.name"));
    if (name.startsWith("contract-")) await world.delete("NodeLocalStorage", name);
  }
  await world.leave();
});

test.for(Object.entries(conversations).map(([subject, hold], index) => ({ subject, hold, index })))(
  "the simulator's API server and the real one agree on $subject",
  async ({ hold, index }) => {
    const place = { namespace: world.namespace, name: `contract-${index}` };
    const told = await hold(real, place);
    expect(await hold(modelSide(), place)).toEqual(told);
  },
);
