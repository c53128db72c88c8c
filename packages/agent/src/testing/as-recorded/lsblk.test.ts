import { milliseconds, systemClock } from "@stowage/clock";
import { parseBlockDevices } from "@stowage/lvm";
import { recorded, recordedIn } from "@stowage/lvm/testing";
import { expect, test } from "vitest";
import type { FakeDevice, FakeGroup } from "../fake-disks.ts";
import { FakeNode } from "../fake-node.ts";

/*
 * The fake node is put into the situation of each recording of lsblk, and must print the same tree. The
 * numbers of devices, and with them the kernel's names of maps, may differ.
 */

type Scene = (node: FakeNode) => void;

const ubd = (node: FakeNode, letter: string, more: Partial<FakeDevice> = {}): FakeDevice =>
  node.addDevice(`/dev/ubd${letter}`, 1024, {
    transport: null,
    serial: `n1-disk${"abcdef".indexOf(letter)}`,
    ...more,
  });

const part = (
  node: FakeNode,
  disk: string,
  index: number,
  more: Partial<FakeDevice> = {},
): void => {
  node.addDevice(`${disk}${index}`, 64, { type: "part", disk, ...more });
};

const scsi = (node: FakeNode, letter: string, id: string, more: Partial<FakeDevice> = {}): void => {
  const wwn = `0x3333333000${Number(id).toString(16).padStart(6, "0")}`;
  node.addDevice(`/dev/sd${letter}`, 64, {
    transport: null,
    model: "scsi_debug",
    serial: id,
    wwn,
    ...more,
  });
};

const blank: Scene = (node) => {
  ubd(node, "b");
};

const gpt =
  (use: { readonly first?: Partial<FakeDevice>; readonly second?: Partial<FakeDevice> }): Scene =>
  (node) => {
    ubd(node, "b", { signatures: ["gpt", "gpt", "PMBR"] });
    part(node, "/dev/ubdb", 1, { signatures: ["ext4"], ...use.first });
    part(node, "/dev/ubdb", 2, { signatures: ["swap"], ...use.second });
  };

const inUse = gpt({ first: { mountPoint: "/mnt/1" }, second: { mountPoint: "[SWAP]" } });

const dosWithVolume =
  (activation: "active" | "inactive"): Scene =>
  (node) => {
    ubd(node, "c", { signatures: ["dos"] });
    const inside = node.addDevice("/dev/ubdc1", 64, { type: "part", disk: "/dev/ubdc" });
    node.addDevice("/dev/ubdc2", 1 / 1024, { type: "part", disk: "/dev/ubdc" });
    part(node, "/dev/ubdc", 5);
    node.addVolume(node.addGroup("inside", [inside]), "data", 2, []).activation = activation;
  };

/** Group fast on the third disk. */
const fast =
  (arrange: (node: FakeNode, group: FakeGroup) => void): Scene =>
  (node) =>
    arrange(node, node.addGroup("fast", [ubd(node, "d")]));

const withVolume =
  (
    change: Partial<FakeGroup["volumes"][number]>,
    more: (node: FakeNode, group: FakeGroup) => void = () => undefined,
  ) =>
  (node: FakeNode, group: FakeGroup): void => {
    Object.assign(node.addVolume(group, "pvc-1", 4, []), change);
    more(node, group);
  };

const mounted = { use: "open", mountPoint: "/mnt/1" } as const;

const paths: Scene = (node) => {
  scsi(node, "a", "2000");
  scsi(node, "b", "2000");
};

const map =
  (more: Partial<FakeDevice> = {}): Scene =>
  (node) => {
    paths(node);
    node.addDevice("/dev/mapper/mpatha", 64, {
      type: "mpath",
      over: ["/dev/sda", "/dev/sdb"],
      ...more,
    });
  };

const disksBeside = (node: FakeNode): void => {
  node.addDevice("/dev/ubda", 16_384, { transport: null, mountPoint: "/run/state" });
  for (const letter of "bcde") ubd(node, letter);
  ubd(node, "f", { size: 0 });
};

const raid =
  (state: "running" | "stopped"): Scene =>
  (node) => {
    ubd(node, "b", { signatures: ["linux_raid_member"] });
    ubd(node, "c", { signatures: ["linux_raid_member"] });
    if (state === "stopped") return;
    node.addDevice("/dev/md0", 1023, { type: "raid1", over: ["/dev/ubdb", "/dev/ubdc"] });
  };

const scenes: Readonly<Record<string, Scene>> = {
  blank,
  "read-only": (node) => ubd(node, "b", { access: "read_only" }),
  link: (node) => ubd(node, "b", { links: ["/dev/disk/by-id/virtio-n1-disk1"] }),
  ext4: (node) => ubd(node, "b", { signatures: ["ext4"] }),
  "ext4-mounted": (node) => ubd(node, "b", { signatures: ["ext4"], mountPoint: "/mnt/1" }),
  "mounted-in-another-namespace": gpt({ first: { mountElsewhere: "/mnt/1" } }),
  gpt: gpt({}),
  "gpt-in-use": inUse,
  "partition-named": inUse,
  "partition-and-its-disk": inUse,
  "dos-pv-active": dosWithVolume("active"),
  "dos-pv-inactive": dosWithVolume("inactive"),
  "pv-without-volumes": fast(() => undefined),
  "pv-inactive": fast(withVolume({ activation: "inactive" })),
  "pv-mounted": fast(withVolume(mounted)),
  "pv-snapshot": fast(
    withVolume(mounted, (node, group) => {
      node.addVolume(group, "nightly", 2, []).origin = "pvc-1";
    }),
  ),
  "volume-mounted": fast(withVolume(mounted)),
  "volume-and-its-disk": fast(withVolume(mounted)),
  "volume-over-two-disks": (node) => {
    const [first, third] = [ubd(node, "b"), ubd(node, "d")];
    const group = node.addGroup("fast", [third]);
    node.addVolume(group, "pvc-1", 4, []);
    first.group = group.uuid;
    first.signatures.push("LVM2_member");
    node.addVolume(group, "wide", 300, []);
  },
  "loop-over-volume": fast(withVolume({ use: "open", loop: "/dev/loop0" })),
  loop: (node) => node.addDevice("/dev/loop0", 8),
  "loop-unbound": (node) => node.addDevice("/dev/loop0", 0),
  empty: (node) => ubd(node, "f", { size: 0 }),
  "healthy-and-empty": disksBeside,
  missing: blank,
  "healthy-and-missing": blank,
  "no-block-device": blank,
  "map-without-table": blank,
  "healthy-and-map-without-table": blank,
  "4kn": (node) => scsi(node, "a", "6000", { sectorSize: 4096 }),
  removable: (node) => scsi(node, "a", "8000", { removable: true }),
  "two-paths": paths,
  multipath: map(),
  "multipath-map": map(),
  "multipath-path-and-map": map(),
  "multipath-partition": (node) => {
    map({ signatures: ["dos"] })(node);
    node.addDevice("/dev/mapper/mpatha-part1", 16, { type: "part", disk: "/dev/mapper/mpatha" });
  },
  "multipath-all": (node) => {
    map()(node);
    disksBeside(node);
  },
  all: (node) => {
    scsi(node, "a", "8000", { removable: true });
    disksBeside(node);
  },
  crypt: (node) => {
    ubd(node, "b");
    node.addDevice("/dev/mapper/secret", 1008, { type: "crypt", over: ["/dev/ubdb"] });
  },
  raid1: raid("running"),
  "raid1-stopped": raid("stopped"),
};

/** What the fake node is never like. */
const left = {
  "mounted-twice": "lsblk shows the newest mount only, and a fake device has one",
  "node-without-device": "every node below a fake node's /dev has its device",
  "healthy-and-node-without-device": "every node below a fake node's /dev has its device",
};

const recordings = recordedIn("lsblk").map((name) => name.slice("lsblk/2.38.1-".length));

test("every recording of a host with udev is a scene, or it is said why not", () => {
  expect(recordings.filter((name) => !name.endsWith("-without-udev")).toSorted()).toEqual(
    [...Object.keys(scenes), ...Object.keys(left)].toSorted(),
  );
});

/** Numbers of devices, and the kernel's names of maps, by the order in which they are met. */
const numbersAside = (text: string): string => {
  const met: string[] = [];
  return text.replaceAll(/\/dev\/dm-\d+|\b\d+:\d+\b/g, (word) => {
    if (!met.includes(word)) met.push(word);
    return `#${met.indexOf(word)}`;
  });
};

const treeIn = (stdout: string): unknown =>
  JSON.parse(numbersAside(JSON.stringify(parseBlockDevices(stdout))));

test.for(Object.keys(scenes))("lsblk and the fake agree on %s", async (name) => {
  const truth = recorded(`lsblk/2.38.1-${name}`);
  const node = new FakeNode(systemClock);
  scenes[name]?.(node);
  node.duration = () => milliseconds(0);
  const said = await node.run({
    name: "lsblk",
    file: "lsblk",
    args: truth.args,
    access: "read",
    answers: [0, 32, 64],
    lane: "",
  });
  expect({ exitCode: said.exitCode, stderr: said.stderr, tree: treeIn(said.stdout) }).toEqual({
    exitCode: truth.exitCode,
    stderr: truth.stderr,
    tree: treeIn(truth.stdout),
  });
});
