import { afterAll, beforeAll, expect, test } from "vitest";
import { claim, podWithDevice, storageClass } from "../src/manifests.ts";
import { World } from "../src/world.ts";

let world: World;

beforeAll(async () => {
  world = await World.enter("node-wipe");
  await world.storageClass(
    storageClass("wipe", { nodes: { n1: ["/dev/ubdc"] }, wipe: "as by default" }),
    ["n1"],
  );
});

afterAll(() => world.leave());

test("a new Block claim on the extents of a deleted one reads as zeros", async () => {
  await world.create(claim("old", "wipe", "128Mi", { volumeMode: "Block" }));
  await world.create(podWithDevice("old", "old"));
  await world.running("old");
  await world.inPod(
    "old",
    "yes SECRET | dd of=/dev/volume bs=1M count=128 iflag=fullblock conv=fsync 2>&1",
  );
  const place = "lvs --noheadings -o devices,lv_size wipe";
  const before = await world.onNode("n1", place);
  await world.clear();

  await world.create(claim("new", "wipe", "128Mi", { volumeMode: "Block" }));
  await world.create(podWithDevice("new", "new"));
  await world.running("new");
  expect(await world.onNode("n1", place)).toBe(before);
  expect(await world.inPod("new", "tr -d '\\0' < /dev/volume | wc -c")).toBe("0");
  await world.clear();
});
