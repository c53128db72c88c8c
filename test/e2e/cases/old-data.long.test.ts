import { afterAll, beforeAll, expect, test } from "vitest";
import { claim, podWithDevice, storageClass } from "../src/manifests.ts";
import { World } from "../src/world.ts";

/*
 * Two disks are filled with a pattern from end to end. Then extents come to Block volumes by every road
 * there is, and none of them may show a line of the pattern.
 */

let world: World;

const group = "olddata";
const [first, second] = ["/dev/ubdb", "/dev/ubdc"] as const;
const pattern = "TENANT-ONE-SECRET";

const fill = (device: string): string =>
  `yes ${pattern} | dd of=${device} bs=1M iflag=fullblock oflag=direct 2>/dev/null || true`;

const lines = `grep -a -c ${pattern} /dev/volume || true`;

/** On the node, whatever devices file or filter it has. */
const lvm = (command: string): string => {
  const [name = "", ...rest] = command.split(" ");
  return `lvm ${name} --devices=${first} --devices=${second} ${rest.join(" ")}`;
};

beforeAll(async () => {
  world = await World.enter("old-data");
  // LVM takes a disk only when it looks empty: the pattern has no signature.
  await world.onNode("n1", `${fill(first)}; ${fill(second)}`);
  await world.storageClass(
    {
      ...storageClass(group, { nodes: { n1: [first] }, wipe: "none" }),
      allowVolumeExpansion: true,
    },
    ["n1"],
  );
});

afterAll(() => world.leave());

/** A Block claim of a pod that runs, and how many lines of the pattern it can read. */
const linesIn = async (name: string, size: string): Promise<string> => {
  await world.create(claim(name, group, size, { volumeMode: "Block" }));
  await world.create(podWithDevice(name, name));
  await world.running(name);
  return world.inPod(name, lines);
};

test("on a disk that held something once", async () => {
  expect(await linesIn("fresh", "512Mi")).toBe("0");
});

test("after a growth, while the pod has the volume open", async () => {
  await world.inPod("fresh", `yes ${pattern} | dd of=/dev/volume bs=1M count=512 iflag=fullblock`);
  await world.merge("PersistentVolumeClaim", "fresh", {
    spec: { resources: { requests: { storage: "1Gi" } } },
  });
  await world.until("PersistentVolumeClaim", "fresh", { status: { capacity: { storage: "1Gi" } } });
  const own = await world.inPod(
    "fresh",
    `dd if=/dev/volume bs=1M skip=512 2>/dev/null | grep -a -c ${pattern} || true`,
  );
  expect(own).toBe("0");
  expect(await world.onNode("n1", lvm(`lvs --noheadings -o lv_name ${group}`))).not.toContain(
    "room",
  );
});

test("after a claim with wipe: none was deleted", async () => {
  await world.clear();
  expect(await linesIn("second", "1Gi")).toBe("0");
});

test("after volumes of an admin were removed by hand", async () => {
  await world.onNode("n1", lvm(`lvcreate --yes --extents 100%FREE --name by-hand ${group}`));
  await world.onNode("n1", fill(`/dev/${group}/by-hand`));
  await world.onNode("n1", lvm(`lvremove --yes ${group}/by-hand`));
  expect(await linesIn("third", "1Gi")).toBe("0");
});

test("after pvmove has left a copy behind", async () => {
  await world.inPod("third", `yes ${pattern} | dd of=/dev/volume bs=1M iflag=fullblock || true`);
  await world.onNode("n1", lvm(`vgextend ${group} ${second}`));
  await world.onNode("n1", lvm(`pvmove ${first}`));
  expect(await linesIn("fourth", "1Gi")).toBe("0");
  await world.clear();
});
