import { afterAll, beforeAll, expect, test } from "vitest";
import { storageClass } from "../src/manifests.ts";
import { World } from "../src/world.ts";

let world: World;

beforeAll(async () => {
  world = await World.enter("refused-device");
});

afterAll(async () => {
  await world.onNode("n1", "wipefs --all --quiet /dev/ubdc");
  await world.leave();
});

test("a disk with a file system on it stays unwritten, is listed with the reason, and the other disk is used", async () => {
  await world.onNode("n1", "mkfs.ext4 -q -F -L precious /dev/ubdc");
  const before = await world.onNode("n1", "head -c 67108864 /dev/ubdc | sha256sum");
  await world.storageClass(storageClass("refused", { nodes: { n1: ["/dev/ubdb", "/dev/ubdc"] } }), [
    "n1",
  ]);
  await world.until("NodeLocalStorage", "n1.refused", {
    status: {
      devices: expect.arrayContaining([
        expect.objectContaining({ path: "/dev/ubdb", state: "InUse" }),
        expect.objectContaining({
          path: "/dev/ubdc",
          state: "Refused",
          reason: "Signature",
          message: expect.stringMatching(/ext4/),
        }),
      ]),
      conditions: expect.arrayContaining([
        expect.objectContaining({ type: "DevicesReady", status: "False" }),
      ]),
    },
  });
  expect(await world.onNode("n1", "pvs --noheadings -o pv_name -S vg_name=refused")).toBe(
    "/dev/ubdb",
  );
  expect(await world.onNode("n1", "head -c 67108864 /dev/ubdc | sha256sum")).toBe(before);
});
