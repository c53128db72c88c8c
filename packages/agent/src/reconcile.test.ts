import { bytes, gib, mib } from "@stowage/capacity";
import { minutes, seconds } from "@stowage/clock";
import { LvmError, managedTag, tagsFor } from "@stowage/lvm";
import { describe, expect, test } from "vitest";
import { entry, FakeStorage, handedOut } from "./testing/fake-storage.ts";

/** 1 GiB less LVM's own 5 MiB, in whole extents. */
const room = mib(1016);
const disk = "/dev/disk/by-id/a";

const withDisk = (): FakeStorage => {
  const storage = new FakeStorage();
  storage.node.addDevice(disk, 1024);
  return storage;
};

const withGroup = async (): Promise<FakeStorage> => {
  const storage = withDisk();
  storage.wish({ devices: [disk] });
  await storage.reconcile();
  storage.node.ran.length = 0;
  storage.written.length = 0;
  return storage;
};

const withoutGroup = async (): Promise<FakeStorage> => {
  const storage = await withGroup();
  expect(storage.condition("Ready")).toBe("True GroupReady");
  // As `vgremove` and `pvremove` by hand leave it.
  storage.node.groups.length = 0;
  for (const device of storage.node.devices) {
    delete device.group;
    device.signatures.length = 0;
  }
  return storage;
};

describe("another object under the same name", () => {
  test("begins with an empty group, whatever was said in the first one", async () => {
    const storage = await withoutGroup();
    storage.replace({ devices: [disk] });
    await storage.reconcile();
    expect(storage.condition("Ready")).toBe("True GroupReady");
  });

  test("gets no report that was meant for the first one", async () => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], reserved: "100Mi" });
    storage.beforeReport = () => {
      storage.beforeReport = () => undefined;
      storage.replace({ devices: [] });
    };
    await storage.reconcile();
    expect(storage.written).toEqual([]);
    await storage.reconcile();
    expect(storage.status.allocatable).toBe(room);
  });
});

describe("making a group", () => {
  test("clean devices become a group, and its room is reported", async () => {
    const storage = withDisk();
    storage.wish({ devices: [disk], reserved: "100Mi" });
    await storage.reconcile();
    expect(storage.node.writes).toEqual(["vgcreate"]);
    expect(storage.node.group("fast")?.tags).toEqual([managedTag]);
    expect(storage.status).toMatchObject({
      capacity: room,
      allocatable: mib(916),
      free: mib(916),
      devices: [{ path: disk, state: "InUse", id: `uuid-${disk}` }],
    });
    expect(storage.condition("Ready")).toBe("True GroupReady");
    expect(storage.condition("DevicesReady")).toBe("True AllInUse");
  });

  test.for([
    { why: "Signature", device: { signatures: ["ext4"] } },
    { why: "PartitionTable", device: { signatures: ["gpt", "PMBR"] } },
    { why: "Mounted", device: { mountPoint: "/srv" } },
    { why: "Swap", device: { mountPoint: "[SWAP]" } },
    { why: "ReadOnly", device: { access: "read_only" as const } },
  ])("a device that is $why is left alone and the others are used", async ({ why, device }) => {
    const storage = withDisk();
    storage.node.addDevice("/dev/sdx", 1024, device);
    storage.wish({ devices: ["/dev/sdx", disk] });
    await storage.reconcile();
    expect(storage.node.devices.map(({ group }) => group)).toEqual(["fast", undefined]);
    expect(storage.status.devices[0]).toMatchObject({ state: "Refused", reason: why });
    expect(storage.condition("DevicesReady")).toBe(`False ${why}`);
    expect(storage.condition("Ready")).toBe("True GroupReady");
  });

  test("a device too small, one of another group and one listed twice are refused", async () => {
    const storage = withDisk();
    storage.node.addDevice("/dev/small", 15);
    storage.node.addGroup("other", [storage.node.addDevice("/dev/other", 1024)]);
    storage.wish({ devices: ["/dev/small", "/dev/other", disk] });
    await storage.reconcile();
    expect(storage.status.devices.map(({ reason }) => reason)).toEqual([
      "TooSmall",
      "InOtherGroup",
      undefined,
    ]);
  });

  test("a group of the name on devices that spec does not list is never doubled", async () => {
    const storage = withDisk();
    storage.node.addGroup("fast", [storage.node.addDevice("/dev/sdz", 1024)]);
    storage.wish({ devices: [disk] });
    await storage.reconcile();
    expect(storage.node.writes).toEqual([]);
    expect(storage.condition("Ready")).toBe("False NotOurs");
  });

  test("a group is not made while not every device of the host can be asked", async () => {
    const storage = withDisk();
    storage.node.trouble = ({ name, lane }) =>
      name === "fullreport" && lane === "host"
        ? new LvmError("lvm_timeout", { command: name })
        : undefined;
    storage.wish({ devices: [disk] });
    await storage.reconcile();
    expect(storage.node.writes).toEqual([]);
    expect(storage.condition("Ready")).toBe("False ScanFailed");
  });

  test("a group made by hand is taken over when spec names all its devices", async () => {
    const storage = new FakeStorage();
    storage.node.addGroup("fast", [storage.node.addDevice(disk, 1024)]);
    storage.wish({ devices: [disk] });
    await storage.reconcile();
    expect(storage.node.writes).toEqual(["vgchange"]);
    expect(storage.condition("Ready")).toBe("True GroupReady");
  });

  test("a group made by hand is used as it is when spec names no devices", async () => {
    const storage = new FakeStorage();
    storage.node.addGroup("fast", [storage.node.addDevice("/dev/sda", 1024)]);
    storage.wish({ volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    expect(storage.node.writes).toEqual(["lvcreate"]);
    expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
    expect(storage.status.devices).toMatchObject([{ path: "/dev/sda", state: "InUse" }]);
  });

  test("a device added to spec extends the group, one taken out stays and says so", async () => {
    const storage = await withGroup();
    storage.node.addDevice("/dev/sdb", 1024);
    storage.wish({ devices: [disk, "/dev/sdb"] });
    await storage.reconcile();
    expect(storage.node.writes).toEqual(["vgextend"]);
    expect(storage.status.capacity).toBe(bytes(2 * room));
    storage.wish({ devices: ["/dev/sdb"] });
    await storage.reconcile();
    expect(storage.node.writes).toEqual(["vgextend"]);
    expect(storage.status.devices).toMatchObject([
      { path: "/dev/sdb", state: "InUse" },
      { path: disk, state: "Removed" },
    ]);
  });

  test("a group whose making fails says LVM's words, and is tried again later", async () => {
    const storage = withDisk();
    storage.node.trouble = ({ name }) =>
      name === "vgcreate" ? "  Can't open /dev/sda exclusively.  Mounted filesystem?" : undefined;
    storage.wish({ devices: [disk] });
    await storage.reconcile();
    expect(storage.condition("Ready")).toBe("False GroupNotMade");
    expect(storage.status.devices).toMatchObject([{ state: "Refused", reason: "DeviceBusy" }]);
    await storage.reconcile();
    expect(storage.node.writes).toEqual(["vgcreate"]);
    storage.node.trouble = () => undefined;
    await storage.clock.advance(minutes(1));
    await storage.reconcile();
    expect(storage.condition("Ready")).toBe("True GroupReady");
  });
});

describe("volumes", () => {
  test("an entry becomes a volume with one LVM command and one status", async () => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "101Mi")] });
    await storage.reconcile();
    expect(storage.node.ran).toEqual(["lvcreate", "wipefs"]);
    expect(storage.node.group("fast")?.volumes[0]?.content).toBe("clean");
    expect(storage.written).toHaveLength(1);
    expect(storage.status).toMatchObject({
      allocatable: room,
      free: room - mib(104),
      volumeCount: 1,
      volumes: [{ name: "pvc-1", state: "Ready", size: mib(104), path: "/dev/fast/pvc-1" }],
    });
  });

  test("a volume that grew in spec is extended, and never shrunk", async () => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    storage.wish({ devices: [disk], volumes: [entry("1", "200Mi")] });
    await storage.reconcile();
    expect(storage.status.volumes).toMatchObject([{ state: "Ready", size: mib(200) }]);
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    expect(storage.node.writes).toEqual(["lvcreate", "lvextend"]);
    // What it has beyond its entry is nobody's to promise.
    expect(storage.status).toMatchObject({ allocatable: room - mib(100), free: room - mib(200) });
  });

  test("an entry that does not fit fails with the arithmetic, and the true room with it", async () => {
    const storage = await withGroup();
    const group = storage.node.group("fast");
    if (group === undefined) throw new Error("no group");
    storage.node.addVolume(group, "by-hand", 250, []);
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Failed NoSpace" });
    expect(storage.written).toHaveLength(1);
    expect(storage.status.allocatable).toBe(mib(16));
    expect(storage.status.volumes[0]?.message).toBe(
      "needs 100 MiB in fast, 16 MiB free of 1016 MiB",
    );
    storage.node.ran.length = 0;
    await storage.reconcile();
    expect(storage.node.writes).toEqual([]);
  });

  test("another's volume of the name is never taken, nor removed", async () => {
    const storage = await withGroup();
    const group = storage.node.group("fast");
    if (group === undefined) throw new Error("no group");
    storage.node.addVolume(group, "pvc-1", 5, []);
    storage.node.addVolume(
      group,
      "pvc-2",
      5,
      tagsFor({ volume: "pvc-2", claim: { namespace: "a", name: "b", uid: "another" } }),
    );
    storage.wish({
      devices: [disk],
      volumes: [entry("1", "20Mi"), entry("2", "20Mi", { delete: true })],
    });
    await storage.reconcile();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Failed NameTaken", "pvc-2": "Deleted" });
    expect(group.volumes.map(({ name }) => name)).toEqual(["pvc-1", "pvc-2"]);
    expect(storage.status.orphans).toMatchObject([{ name: "pvc-2", claim: { uid: "another" } }]);
  });

  test("a restarted agent finds its volume made and makes no second", async () => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    storage.restartAgent();
    storage.written.length = 0;
    await storage.reconcile();
    expect(storage.node.writes).toEqual(["lvcreate"]);
    expect(storage.written).toEqual([]);
  });

  test("a volume whose wiping fails is wiped before it is Ready", async () => {
    const storage = await withGroup();
    storage.node.trouble = ({ name }) => (name === "wipefs" ? "wipefs: error: killed" : undefined);
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Creating LvmFailed" });
    storage.node.trouble = () => undefined;
    await storage.clock.advance(minutes(1));
    await storage.reconcile();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
    expect(storage.node.group("fast")?.volumes[0]?.content).toBe("clean");
  });

  // A power cut seconds after a claim was bound: its entry is still pending, the volume inactive,
  // the report says Creating or has been lost. The tenant's file system is there all the same.
  test.for(["Ready", "Creating", "nothing"])(
    "data is never wiped by an agent that starts and finds a report that says %s",
    async (said) => {
      const storage = await withGroup();
      storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
      await storage.reconcile();
      const volume = storage.node.group("fast")?.volumes[0];
      if (volume === undefined) throw new Error("no volume was made");
      volume.content = "data";
      storage.say(
        said === "nothing"
          ? []
          : [{ name: "pvc-1", state: said === "Ready" ? "Ready" : "Creating" }],
      );
      storage.restartAgent();
      storage.node.trouble = ({ name }) => (name === "lvmreport" ? "  unreadable" : undefined);
      await storage.reconcile();
      storage.node.trouble = () => undefined;
      await storage.clock.advance(minutes(1));
      await storage.reconcile();
      expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
      expect(volume.content).toBe("data");
    },
  );

  test.for([
    { form: entry, was: "Ready" },
    { form: handedOut, was: "handed out" },
  ])("a volume that was $was is never wiped by an agent that starts", async ({ form }) => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    storage.wish({ devices: [disk], volumes: [form("1", "100Mi")] });
    await storage.reconcile();
    const volume = storage.node.group("fast")?.volumes[0];
    if (volume === undefined) throw new Error("no volume");
    volume.content = "data";
    storage.restartAgent();
    await storage.reconcile();
    expect(volume.content).toBe("data");
  });

  test("case 36: a volume that was handed out and is not there is never made anew, empty", async () => {
    const storage = await withGroup();
    storage.wish({
      devices: [disk],
      volumes: [
        handedOut("1", "100Mi"),
        entry("2", "100Mi"),
        handedOut("3", "1Gi", { delete: true }),
      ],
    });
    await storage.reconcile();
    expect(storage.volumeStates).toEqual({
      "pvc-1": "Failed Missing",
      "pvc-2": "Ready",
      "pvc-3": "Deleted",
    });
    expect(storage.node.group("fast")?.volumes.map(({ name }) => name)).toEqual(["pvc-2"]);
  });

  test("absence never deletes: a dropped entry leaves an orphan", async () => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    storage.wish({ devices: [disk], volumes: [] });
    await storage.reconcile();
    storage.forget();
    await storage.reconcile();
    expect(storage.node.writes).toEqual(["lvcreate"]);
    storage.wish({ devices: [disk], volumes: [] });
    await storage.reconcile();
    expect(storage.status).toMatchObject({
      orphans: [{ name: "pvc-1", size: mib(100), claim: { name: "data-1" } }],
      allocatable: room - mib(100),
    });
  });

  test("an orphan goes by an entry with a tombstone, with or without its claim", async () => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    storage.wish({
      devices: [disk],
      volumes: [{ name: "pvc-1", size: "1", wipe: "none", delete: true }],
    });
    await storage.reconcile();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Deleted" });
    expect(storage.node.group("fast")?.volumes).toEqual([]);
  });

  test("removals come first, and their room can be used in the same go", async () => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "1000Mi")] });
    await storage.reconcile();
    storage.wish({
      devices: [disk],
      volumes: [entry("2", "900Mi"), entry("1", "1000Mi", { wipe: "none", delete: true })],
    });
    await storage.reconcile();
    expect(storage.node.writes).toEqual(["lvcreate", "lvremove", "lvcreate"]);
    expect(storage.volumeStates).toEqual({ "pvc-2": "Ready", "pvc-1": "Deleted" });
  });

  test("a volume in use is removed soon after its last user is gone", async () => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    const volume = storage.node.group("fast")?.volumes[0];
    if (volume === undefined) throw new Error("no volume");
    volume.use = "open";
    storage.wish({
      devices: [disk],
      volumes: [entry("1", "100Mi", { wipe: "none", delete: true })],
    });
    const next = await storage.reconcile();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Deleting InUse" });
    expect(next).toEqual({ kind: "again", after: seconds(1) });
    volume.use = "closed";
    await storage.clock.advance(seconds(3));
    await storage.reconcile();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Deleted" });
  });

  test("after a reboot volumes and orphans are activated, what others made is left", async () => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi"), entry("2", "100Mi")] });
    await storage.reconcile();
    const group = storage.node.group("fast");
    if (group === undefined) throw new Error("no group");
    storage.node.addVolume(group, "by-hand", 5, []);
    for (const volume of group.volumes) volume.activation = "inactive";
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    storage.restartAgent();
    await storage.reconcile();
    expect(group.volumes.map(({ activation }) => activation)).toEqual([
      "active",
      "active",
      "inactive",
    ]);
    expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
  });

  test("a volume that a killed command left suspended is resumed, what others made is left", async () => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    const group = storage.node.group("fast");
    if (group === undefined) throw new Error("no group");
    storage.node.addVolume(group, "by-hand", 5, []);
    for (const volume of group.volumes) volume.activation = "suspended";
    storage.restartAgent();
    await storage.reconcile();
    expect(group.volumes.map(({ activation }) => activation)).toEqual(["active", "suspended"]);
    expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
  });

  test("a device node that is missing is made again", async () => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    const volume = storage.node.group("fast")?.volumes[0];
    if (volume === undefined) throw new Error("no volume");
    volume.link = "absent";
    storage.restartAgent();
    await storage.reconcile();
    expect(storage.node.writes).toEqual(["lvcreate", "vgmknodes"]);
    expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
  });

  test("a full metadata area refuses claims while removals pass", async () => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    const group = storage.node.group("fast");
    if (group === undefined) throw new Error("no group");
    group.metadataFree = 1000;
    storage.restartAgent();
    storage.wish({
      devices: [disk],
      volumes: [entry("1", "100Mi", { wipe: "none", delete: true }), entry("2", "100Mi")],
    });
    await storage.reconcile();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Deleted", "pvc-2": "Failed MetadataFull" });
    expect(storage.condition("Ready")).toBe("False MetadataFull");

    group.metadataFree = 1024 ** 2;
    await storage.clock.advance(minutes(1));
    await storage.reconcile();
    expect(storage.volumeStates).toMatchObject({ "pvc-2": "Ready" });
    expect(storage.condition("Ready")).toBe("True GroupReady");
  });

  test("a full metadata area refuses growth, and a batch of claims fills it no further", async () => {
    const storage = await withGroup();
    const volumes = Array.from({ length: 6 }, (_, index) => entry(`${index}`, "4Mi"));
    const group = storage.node.group("fast");
    if (group === undefined) throw new Error("no group");
    group.metadataFree = 19 * 1024;
    storage.restartAgent();
    storage.wish({ devices: [disk], volumes });
    await storage.reconcile();
    expect(storage.node.writes.filter((name) => name === "lvcreate")).toHaveLength(4);
    group.metadataFree = 15 * 1024;
    storage.wish({ devices: [disk], volumes: [entry("0", "8Mi")] });
    storage.restartAgent();
    await storage.reconcile();
    expect(storage.volumeStates).toEqual({ "pvc-0": "Failed MetadataFull" });
  });

  test("a command that times out leaves its volume pending, and is tried again", async () => {
    const storage = await withGroup();
    storage.node.trouble = ({ name }) =>
      name === "lvcreate" ? new LvmError("lvm_timeout", { command: name }) : undefined;
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    const next = await storage.reconcile();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Creating LvmTimeout" });
    expect(next).toMatchObject({ kind: "again" });
    storage.node.trouble = () => undefined;
    await storage.reconcile();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Creating LvmTimeout" });
    await storage.clock.advance(seconds(1));
    await storage.reconcile();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
  });
});

describe("trouble", () => {
  test("a missing device stops changes, but not the volumes on the others", async () => {
    const storage = await withGroup();
    const second = storage.node.addDevice("/dev/sdb", 1024);
    storage.wish({ devices: [disk, "/dev/sdb"], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    second.presence = "missing";
    storage.restartAgent();
    storage.wish({
      devices: [disk, "/dev/sdb"],
      volumes: [entry("1", "100Mi"), entry("2", "1Mi")],
    });
    storage.node.ran.length = 0;
    await storage.reconcile();
    expect(storage.node.writes).toEqual([]);
    expect(storage.condition("Ready")).toBe("False DevicesMissing");
    expect(storage.volumeStates).toEqual({ "pvc-1": "Ready", "pvc-2": "Failed DevicesMissing" });
    expect(storage.status.devices[1]).toMatchObject({
      path: "/dev/sdb",
      id: "uuid-/dev/sdb",
      state: "Missing",
    });
    second.presence = "present";
    await storage.clock.advance(minutes(1));
    await storage.reconcile();
    expect(storage.condition("Ready")).toBe("True GroupReady");
    expect(storage.volumeStates).toEqual({ "pvc-1": "Ready", "pvc-2": "Ready" });
  });

  test("no tombstone is done while the group may only be away", async () => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    const [device] = storage.node.devices;
    if (device === undefined) throw new Error("no device");
    device.presence = "missing";
    storage.restartAgent();
    storage.wish({
      devices: [disk],
      volumes: [entry("1", "100Mi", { wipe: "none", delete: true })],
    });
    await storage.reconcile();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Deleting DevicesMissing" });
  });

  test("a look that fails leaves the old status, and says so in Ready alone", async () => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    const before = storage.status;
    storage.node.trouble = () => "nsenter: reassociate to namespace failed";
    storage.restartAgent();
    await storage.reconcile();
    expect(storage.condition("Ready")).toBe("False ScanFailed");
    expect({ ...storage.status, conditions: [] }).toEqual({ ...before, conditions: [] });
    storage.node.trouble = () => undefined;
    await storage.reconcile();
    expect(storage.condition("Ready")).toBe("True GroupReady");
  });

  test("an object under a wrong name for its group is not served", async () => {
    const storage = withDisk();
    storage.wish({ devices: [disk], volumeGroup: "slow" });
    await storage.reconcile();
    expect(storage.node.ran).toEqual([]);
    expect(storage.condition("Ready")).toBe("False WrongName");
  });

  test("a status that could not be written is written by the next go", async () => {
    const storage = await withGroup();
    storage.refusal = new Error("connection refused");
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await expect(storage.reconcile()).rejects.toThrow("connection refused");
    storage.refusal = undefined;
    await storage.reconcile();
    expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
    expect(storage.node.writes).toEqual(["lvcreate"]);
  });
});

describe("cost", () => {
  test("an idle minute costs one LVM command, no write and no word", async () => {
    const storage = await withGroup();
    storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
    await storage.reconcile();
    storage.node.ran.length = 0;
    storage.written.length = 0;
    storage.messages.length = 0;
    await storage.clock.advance(minutes(1));
    const next = await storage.reconcile();
    expect(storage.node.ran).toEqual(["stat", "lsblk", "fullreport"]);
    expect(storage.written).toEqual([]);
    expect(storage.messages).toEqual([]);
    expect(next).toEqual({ kind: "again", after: minutes(1) });
  });

  test("in a long batch what is done is reported about every second", async () => {
    const storage = await withGroup();
    storage.node.duration = () => seconds(1);
    storage.wish({
      devices: [disk],
      volumes: Array.from({ length: 5 }, (_, index) => entry(`${index}`, "4Mi")),
    });
    await storage.reconcile();
    expect(storage.node.writes).toEqual(Array.from({ length: 5 }, () => "lvcreate"));
    expect(storage.written.map(({ volumeCount }) => volumeCount)).toEqual([1, 2, 3, 4, 5]);
  });

  test("volumes of a thousand entries are judged and reported in one go", async () => {
    const storage = new FakeStorage();
    storage.node.addDevice(disk, 8192);
    storage.wish({
      devices: [disk],
      volumes: Array.from({ length: 1000 }, (_, index) => entry(`${index}`, "4Mi")),
    });
    await storage.reconcile();
    expect(storage.status.volumeCount).toBe(1000);
    expect(storage.status.free).toBe(bytes(gib(8) - mib(8) - mib(4000)));
  });
});
