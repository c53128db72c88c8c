import { afterEach, beforeAll, expect, test } from "vitest";
import { conversations, hold } from "../src/contract/lvm-conversations.ts";
import { disks, modelNode, realNode } from "../src/contract/lvm-side.ts";
import { World } from "../src/world.ts";

const node = "n2";
let world: World;

beforeAll(async () => {
  world = await World.enter("lvm-contract");
  return () => world.leave();
});

afterEach(async () => {
  await world.onNode(
    node,
    `if vgs contract >/dev/null 2>&1; then vgremove --force --force --yes contract; fi; for device in ${disks.join(" ")}; do if pvs $device >/dev/null 2>&1; then pvremove --yes $device; fi; wipefs --all --quiet $device; done`,
  );
});

test.for(Object.entries(conversations).map(([subject, steps]) => ({ subject, steps })))(
  "the simulator's LVM and the real one agree on $subject",
  async ({ steps }) => {
    const told = await hold(realNode(world.cluster.node(node)), steps);
    expect(await hold(modelNode(), steps)).toEqual(told);
  },
);
