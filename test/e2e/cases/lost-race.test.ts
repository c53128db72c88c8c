import { afterAll, beforeAll, expect, test } from "vitest";
import { at } from "../src/kinds.ts";
import { claim, podWith, preferNode, storageClass } from "../src/manifests.ts";
import { eventually, World } from "../src/world.ts";

let world: World;

beforeAll(async () => {
  world = await World.enter("lost-race");
  // n1 has the most room, so it is the first choice of every claim.
  await world.storageClass(
    storageClass("race", { nodes: { n1: ["/dev/ubdb", "/dev/ubdc"], n2: ["/dev/ubdb"] } }),
    ["n1", "n2"],
  );
});

afterAll(() => world.leave());

test("room that is taken behind Stowage's back costs a try, not the pod: it runs on another node", async () => {
  await world.onNode("n1", "lvcreate --yes --extents 100%FREE --name by-hand race");
  await world.create(claim("data", "race", "1Gi"));
  await world.create(podWith("app", ["data"], preferNode("n1")));
  await world.running("app", { timeout: 120_000 });

  expect(await world.get("Pod", "app")).toMatchObject({ spec: { nodeName: "n2" } });
  const messages = await world.messages("PersistentVolumeClaim", "data");
  expect(messages).toContainEqual(expect.stringMatching(/^no volume on node n1: /));
  const corrected = await world.get("NodeLocalStorage", "n1.race");
  expect(corrected).toMatchObject({ status: { allocatable: "0" } });
  expect(await world.logicalVolumes("n1", "race")).toEqual(["by-hand"]);
  expect(at(corrected, "spec.volumes")).toEqual([]);
  await world.onNode("n1", "lvremove --yes race/by-hand");
});

test("an LV of the admin's is never touched, and what it frees is found again", async () => {
  await world.onNode("n2", "lvcreate --yes --size 256M --name mine race");
  await eventually(
    async () => {
      expect(await world.get("NodeLocalStorage", "n2.race")).toMatchObject({
        status: { capacity: "4088Mi", allocatable: "3832Mi" },
      });
    },
    { timeout: 150_000 },
  );
  expect(await world.logicalVolumes("n2", "race")).toContain("mine");
  await world.onNode("n2", "lvremove --yes race/mine");
});
