import type { Disk } from "@stowage/test-cluster";
import { afterAll, beforeAll, expect, test } from "vitest";
import { storageClass } from "../src/manifests.ts";
import { World } from "../src/world.ts";

let world: World;
let spare: Disk;

beforeAll(async () => {
  world = await World.enter("node-devices");
  spare = await world.cluster.node("n1").addDisk("1Gi");
});

afterAll(async () => {
  await world.onNode("n1", "umount /srv 2>/dev/null || true");
  await world.leave();
  // Tried again: the agent may have a look at it just now.
  await world.onNode("n1", "dmsetup remove --retry first; dmsetup remove --retry second; true");
  await world.onNode("n1", `wipefs --all --quiet /dev/ubdb /dev/ubdc ${spare.device}`);
  await world.cluster.node("n1").pullDisk(spare.name);
});

/** A DOS partition table with one partition of 512 MiB, of which the kernel is told. */
const partition = [
  // Udev leaves a locked disk alone: it would read the table at the first write, and be in the way.
  "exec 9</dev/ubdb && flock 9",
  "printf '\\0\\0\\0\\0\\203\\0\\0\\0\\0\\010\\0\\0\\0\\0\\020\\0' | dd of=/dev/ubdb bs=1 seek=446 2>&1",
  "printf '\\125\\252' | dd of=/dev/ubdb bs=1 seek=510 conv=fsync 2>&1",
  "blockdev --rereadpt /dev/ubdb",
].join(" && ");

const ready: unknown = expect.arrayContaining([
  expect.objectContaining({ type: "Ready", status: "True" }),
]);

const refused = (path: string, reason: string): unknown =>
  expect.objectContaining({ path, reason, state: "Refused" });

const restartAgent = (): Promise<string> =>
  world.cluster.kubectl([
    ..."-n stowage-system delete pod -l app.kubernetes.io/component=agent".split(" "),
    "--field-selector=spec.nodeName=n1",
  ]);

test("disks with a partition table, a signature or a mount stay unwritten and are listed, the other is used", async () => {
  await world.onNode("n1", partition);
  await world.onNode("n1", "mkfs.ext4 -q -F /dev/ubdc && mkdir -p /srv && mount /dev/ubdc /srv");
  const before = await world.onNode("n1", "head -c 16777216 /dev/ubdb | sha256sum");
  await world.storageClass(
    storageClass("refused", { nodes: { n1: ["/dev/ubdb", "/dev/ubdc", spare.device] } }),
    ["n1"],
  );
  await world.until("NodeLocalStorage", "n1.refused", {
    status: {
      devices: [
        refused("/dev/ubdb", "PartitionTable"),
        refused("/dev/ubdc", "Mounted"),
        expect.objectContaining({ path: spare.device, state: "InUse" }),
      ],
    },
  });
  expect(await world.onNode("n1", "head -c 16777216 /dev/ubdb | sha256sum")).toBe(before);
  await world.onNode("n1", "umount /srv");
});

test("a disk whose entry names it by its id and says wipe is erased and joins", async () => {
  const path = "/dev/disk/by-id/virtio-n1-disk2";
  await world.merge("NodeLocalStorage", "n1.refused", {
    spec: { devices: [{ path: spare.device }, { path, wipe: true }] },
  });
  await world.until("NodeLocalStorage", "n1.refused", {
    status: {
      devices: expect.arrayContaining([expect.objectContaining({ path, state: "InUse" })]),
    },
  });
  await expect(
    world.merge("NodeLocalStorage", "n1.refused", {
      spec: { devices: [{ path: "/dev/ubdb", wipe: true }] },
    }),
  ).rejects.toThrow(/wipe needs a path below/);
});

test("when disks swap names the group stays on its own, and the other is not written", async () => {
  await world.onNode("n1", "wipefs --all --quiet /dev/ubdb");
  // Behind an offset, so that LVM finds its label by these names only.
  await world.onNode("n1", "echo 0 2097152 linear /dev/ubdb 2048 | dmsetup create first");
  await world.onNode("n1", "echo 0 2097152 linear /dev/ubdb 4194304 | dmsetup create second");
  await world.storageClass(storageClass("swapped", { nodes: { n1: ["/dev/mapper/first"] } }), [
    "n1",
  ]);
  const swap = "dmsetup rename first x && dmsetup rename second first && dmsetup rename x second";
  await world.onNode("n1", swap);
  await restartAgent();
  await world.until("NodeLocalStorage", "n1.swapped", {
    status: {
      devices: [
        expect.objectContaining({
          path: "/dev/mapper/first",
          state: "InUse",
          reason: "PathMoved",
        }),
      ],
      conditions: ready,
    },
  });
  expect(await world.onNode("n1", "wipefs --no-act /dev/mapper/first")).toBe("");
  await world.onNode("n1", swap);
});
