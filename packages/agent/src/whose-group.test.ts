import { mib } from "@stowage/capacity";
import { minutes } from "@stowage/clock";
import { managedTag, nodeTag, tagsFor } from "@stowage/lvm";
import { expect, test } from "vitest";
import { entry, FakeStorage, handedOut } from "./testing/fake-storage.ts";
import { disk, withDisk, withGroup } from "./testing/storages.ts";

const ours = [managedTag, nodeTag("n1")];
const n2s = [managedTag, nodeTag("n2")];

const devicesOf = ({ status }: FakeStorage): string[][] =>
  status.devices.map(({ path, state, reason = "" }) => [path, state, reason]);

const readyMessage = ({ status }: FakeStorage): string =>
  status.conditions.find(({ type }) => type === "Ready")?.message ?? "";

test("a group that a pod has written into its Block volume is not adopted, whatever it says of itself", async () => {
  const storage = new FakeStorage();
  const guest = storage.node.addDevice("/dev/loop0", 64, { type: "loop" });
  storage.node.addGroup("fast", [guest], ours);
  storage.node.addDevice(disk, 1024);
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.settle();
  expect(storage.node.devices.map(({ group }) => group)).toEqual(["fast", "fast-1"]);
  expect(storage.node.group("fast")?.volumes).toEqual([]);
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
});

test("a group on a logical volume is not looked at where spec names no devices", async () => {
  const storage = new FakeStorage();
  const guest = storage.node.addDevice("/dev/mapper/other-blk", 64, { type: "lvm" });
  storage.node.addGroup("fast", [guest], ours);
  storage.wish({ volumes: [entry("1", "10Mi")] });
  await storage.settle();
  expect(storage.node.writes).toEqual([]);
  expect(storage.condition("Ready")).toBe("False GroupMissing");
});

test("another node's group is neither changed nor activated, and the words name the node and the way to take it over", async () => {
  const storage = withDisk();
  const [device] = storage.node.devices;
  const group = storage.node.addGroup("fast", device === undefined ? [] : [device], n2s);
  const volume = storage.node.addVolume(group, "pvc-1", 5, tagsFor({ volume: "pvc-1" }));
  volume.activation = "inactive";
  storage.wish({ devices: [disk], volumes: [handedOut("1", "20Mi", { delete: true })] });
  await storage.settle();
  expect(storage.node.writes).toEqual([]);
  expect(storage.condition("Ready")).toBe("False OtherNode");
  expect(devicesOf(storage)).toEqual([[disk, "Refused", "OtherNode"]]);
  expect(storage.volumeStates).toEqual({ "pvc-1": "Deleting OtherNode" });
  const command = `vgchange --devices /dev/vda --deltag stowage.dev/node=n2 --addtag stowage.dev/node=n1 fast`;
  expect(readyMessage(storage)).toContain("belongs to node n2");
  expect(readyMessage(storage)).toContain(command);

  group.tags.splice(0, 2, ...ours);
  storage.wish({ devices: [disk] });
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.condition("Ready")).toBe("True GroupReady");
  expect(storage.status.orphans).toMatchObject([{ name: "pvc-1" }]);
});

test("two nodes that see one disk: the first has the group, the second leaves it alone", async () => {
  const first = new FakeStorage("n1");
  const lun = first.node.addDevice(disk, 1024);
  first.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await first.settle();
  const [group] = first.node.groups;
  if (group === undefined) throw new Error("no group");
  for (const volume of group.volumes) volume.activation = "inactive";
  const second = new FakeStorage("n2");
  second.node.devices.push(lun);
  second.node.groups.push(group);
  const before = structuredClone([lun, group]);
  second.wish({ devices: [disk], volumes: [entry("2", "100Mi")] });
  await second.settle();
  expect([lun, group]).toEqual(before);
  expect(second.condition("Ready")).toBe("False OtherNode");
  expect(second.status.orphans).toEqual([]);
});

test("a group of the version before gets its node's tag when the last report knows it, and then another node refuses it", async () => {
  const storage = await withGroup();
  const group = storage.node.group("fast");
  group?.tags.splice(0, 2, managedTag);
  storage.wish({ devices: [disk] });
  await storage.reconcile();
  storage.restartAgent();
  await storage.settle();
  expect(group?.tags).toEqual(ours);
  group?.tags.push(nodeTag("n2"));
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.condition("Ready")).toBe("False OtherNode");
});

test("the object made anew under its name goes on with the group, its Removed devices too", async () => {
  const storage = await withGroup();
  storage.node.addDevice("/dev/sdb", 1024);
  storage.wish({ devices: [disk, "/dev/sdb"], volumes: [entry("1", "100Mi")] });
  await storage.settle();
  storage.replace({ devices: [disk], volumes: [handedOut("1", "100Mi")] });
  await storage.settle();
  expect(storage.condition("Ready")).toBe("True GroupReady");
  expect(devicesOf(storage)).toEqual([
    [disk, "InUse", ""],
    ["/dev/sdb", "Removed", "NotInSpec"],
  ]);
});

test("a disk of another node's group of the name is refused, and ours goes on", async () => {
  const storage = await withGroup();
  const moved = storage.node.addDevice("/dev/sdb", 1024);
  storage.node.addGroup("fast", [moved], n2s, "moved");
  const old = storage.node.addDevice("/dev/sdc", 1024);
  storage.node.addGroup("fast", [old], [managedTag], "old");
  storage.wish({ devices: [disk, "/dev/sdb", "/dev/sdc"], volumes: [entry("1", "100Mi")] });
  await storage.settle();
  expect(storage.condition("Ready")).toBe("True GroupReady");
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
  expect(devicesOf(storage).slice(1)).toEqual([
    ["/dev/sdb", "Refused", "OtherNode"],
    ["/dev/sdc", "Refused", "InOtherGroup"],
  ]);
  expect(storage.status.devices[1]?.message).toContain("(uuid-moved) of node n2");
  expect(storage.node.groups.slice(1).map(({ tags }) => tags)).toEqual([n2s, [managedTag]]);
});

test("while our group is away, another one of the name does not take its place", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk, "/dev/sdb"], volumes: [entry("1", "100Mi")] });
  await storage.settle();
  const [own] = storage.node.devices;
  if (own === undefined) throw new Error("no device");
  own.presence = "missing";
  storage.node.addGroup("fast", [storage.node.addDevice("/dev/sdb", 1024)], [managedTag], "old");
  storage.restartAgent();
  storage.node.ran.length = 0;
  await storage.settle();
  expect(storage.node.writes).toEqual([]);
  expect(storage.condition("Ready")).toBe("False DevicesMissing");
  expect(storage.status.devices[0]).toMatchObject({ state: "Missing", id: own.uuid });
});

test.for([
  { reason: "OtherHost", more: { systemId: "h2" } },
  { reason: "SharedGroup", more: { lockType: "sanlock" } },
])(
  "a group that LVM keeps for others is refused with $reason, other devices go on",
  async (given) => {
    const storage = withDisk();
    const group = storage.node.addGroup("fast", [storage.node.addDevice("/dev/sdb", 1024)], ours);
    Object.assign(group, given.more);
    storage.wish({ devices: ["/dev/sdb"] });
    await storage.settle();
    expect(storage.node.writes).toEqual([]);
    expect(storage.condition("Ready")).toBe(`False ${given.reason}`);
    expect(devicesOf(storage)).toEqual([["/dev/sdb", "Refused", given.reason]]);
  },
);

test("a group with this host's own system ID is its own", async () => {
  const storage = withDisk();
  const group = storage.node.addGroup("fast", [...storage.node.devices], ours);
  group.systemId = "h1";
  storage.node.systemId = "h1";
  storage.wish({ devices: [disk] });
  await storage.settle();
  expect(storage.condition("Ready")).toBe("True GroupReady");
});

test("a match adopts no group that was made by hand", async () => {
  const storage = new FakeStorage();
  const group = storage.node.addGroup("fast", [storage.node.addDevice("/dev/sdb", 1024)]);
  storage.wish({ match: { minSize: "1Gi" } });
  await storage.settle();
  expect(storage.node.writes).toEqual([]);
  expect(storage.condition("Ready")).toBe("False NotOurs");
  storage.wish({ devices: ["/dev/sdb"], match: { minSize: "1Gi" } });
  await storage.settle();
  expect(group.tags).toEqual(ours);
  expect(storage.condition("Ready")).toBe("True GroupReady");
});

test("behind a filter a degraded group is still seen, its whole volumes activated, its devices told", async () => {
  const storage = new FakeStorage();
  const hidden = { filter: "hidden" } as const;
  const paths = ["/dev/sdb", "/dev/sdc", "/dev/sdd", "/dev/sde"];
  for (const path of paths) storage.node.addDevice(path, 1024, hidden);
  storage.node.addGroup("slow", [storage.node.addDevice("/dev/sdf", 1024, hidden)]);
  storage.node.addDevice("/dev/sdg", 1024, { ...hidden, signatures: ["LVM2_member"] });
  storage.wish({ devices: paths.slice(0, 3), volumes: [entry("1", "100Mi")] });
  await storage.settle();
  storage.wish({
    devices: ["/dev/sdb", "/dev/sdc", "/dev/sdf", "/dev/sdg"],
    volumes: [handedOut("1", "100Mi")],
  });
  await storage.settle();
  const [, lost] = storage.node.devices;
  const [volume] = storage.node.group("fast")?.volumes ?? [];
  if (lost === undefined || volume === undefined) throw new Error("nothing made");
  lost.presence = "missing";
  volume.activation = "inactive";
  storage.restartAgent();
  await storage.settle();
  expect(storage.condition("Ready")).toBe("False DevicesMissing");
  expect(volume.activation).toBe("active");
  expect(devicesOf(storage)).toEqual([
    ["/dev/sdb", "InUse", ""],
    ["/dev/sdc", "Missing", "NotFound"],
    ["/dev/sdf", "Refused", "InOtherGroup"],
    ["/dev/sdg", "InUse", ""],
    ["/dev/sdd", "Removed", "NotInSpec"],
  ]);
});

test("with a group that is not seen, orphans and what left spec since stay in the report", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi"), entry("2", "100Mi")] });
  await storage.settle();
  storage.wish({ devices: [disk], volumes: [handedOut("2", "100Mi")] });
  await storage.settle();
  const [device] = storage.node.devices;
  if (device === undefined) throw new Error("no device");
  device.presence = "missing";
  storage.restartAgent();
  await storage.settle();
  storage.wish({ devices: [disk] });
  await storage.settle();
  expect(storage.condition("Ready")).toBe("False DevicesMissing");
  expect(storage.status.orphans.map(({ name, size }) => [name, size])).toEqual([
    ["pvc-1", mib(100)],
    ["pvc-2", mib(100)],
  ]);
});

test("of two groups that may both be ours none is taken", async () => {
  const storage = new FakeStorage();
  const { node } = storage;
  for (const name of ["a", "b"]) {
    node.addGroup("fast", [node.addDevice(`/dev/disk/by-id/${name}`, 64)], [], `group-${name}`);
  }
  storage.wish({
    devices: ["/dev/disk/by-id/a", "/dev/disk/by-id/b"],
    volumes: [entry("1", "8Mi")],
  });
  await storage.settle();
  expect(storage.condition("Ready")).toBe("False DuplicateName");
  expect(node.writes).toEqual([]);
});

/** n1's group on a disk with a serial number, and a copy of that disk, which LVM would prefer. */
const withCopy = async (copy: string, match: object | undefined): Promise<FakeStorage> => {
  const storage = new FakeStorage();
  storage.node.addDevice(disk, 1024, { serial: "ONE" });
  const spec = { devices: [disk], ...(match === undefined ? {} : { match }) };
  storage.wish({ ...spec, volumes: [entry("1", "100Mi")] });
  await storage.settle();
  storage.node.addDevice(copy, 1024, {
    serial: "TWO",
    copyOf: disk,
    signatures: ["LVM2_member"],
  });
  storage.wish({ ...spec, volumes: [handedOut("1", "100Mi")] });
  storage.restartAgent();
  await storage.clock.advance(minutes(1));
  await storage.settle();
  return storage;
};

const inUseOn = ({ status }: FakeStorage): (string | undefined)[] =>
  status.devices.flatMap(({ state, kernelName }) => (state === "InUse" ? [kernelName] : []));

test.for([
  { title: "that a match finds", match: { minSize: "100Mi" } },
  { title: "that spec does not mean", match: undefined },
])("a copy of the group's disk $title takes nobody's place", async ({ match }) => {
  const storage = await withCopy("/dev/sdx", match);
  expect(storage.condition("Ready")).toBe("True GroupReady");
  expect(inUseOn(storage)).not.toContain("/dev/sdx");
  expect(inUseOn(storage)).toHaveLength(1);
});

test("a copy is not taken for the disk while that is away", async () => {
  const storage = await withCopy("/dev/sdx", { minSize: "100Mi" });
  const [original] = storage.node.devices;
  if (original === undefined) throw new Error("no disk");
  original.presence = "missing";
  storage.node.ran.length = 0;
  storage.restartAgent();
  await storage.clock.advance(minutes(1));
  await storage.settle();
  expect(storage.condition("Ready")).toMatch(/^False/);
  expect(inUseOn(storage)).toEqual([]);
  expect(storage.node.writes).toEqual([]);
});
