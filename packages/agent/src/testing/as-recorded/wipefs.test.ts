import { milliseconds, systemClock } from "@stowage/clock";
import { parseSignatures } from "@stowage/lvm";
import { recorded } from "@stowage/lvm/testing";
import { expect, test } from "vitest";
import type { FakeDevice } from "../fake-disks.ts";
import { FakeNode } from "../fake-node.ts";

/*
 * The fake node is put into the situation of a recording of wipefs: what the agent's three commands
 * find, refuse and say must be the same.
 */

type Scene = Partial<FakeDevice> & {
  /** What is beside the device, or on it. */
  readonly also?: (node: FakeNode, device: FakeDevice) => void;
};

/** Recordings of wipefs: on /dev/ubdb where it is not another path. */
const onDisks: Readonly<Record<string, Scene>> = {
  blank: {},
  ext4: { signatures: ["ext4"] },
  gpt: { signatures: ["gpt", "gpt", "PMBR"] },
  dos: { signatures: ["dos"] },
  "gpt-partition-mounted": {
    signatures: ["gpt", "gpt", "PMBR"],
    also: (node) =>
      node.addDevice("/dev/ubdb2", 64, { type: "part", disk: "/dev/ubdb", mountPoint: "/mnt/1" }),
  },
  "physical-volume": { signatures: ["LVM2_member"] },
  "physical-volume-in-use": {
    also: (node, device) => node.addVolume(node.addGroup("fast", [device]), "pvc-1", 4, []),
  },
  "opened-without-excl": {
    also: (node, device) => {
      const volume = node.addVolume(node.addGroup("fast", [device]), "pvc-1", 4, []);
      Object.assign(volume, { use: "open", openers: new Map([[2051, "/usr/bin/sleep"]]) });
    },
  },
  "raid1-member": {
    signatures: ["linux_raid_member"],
    also: (node) => node.addDevice("/dev/md0", 1023, { type: "raid1", over: ["/dev/ubdb"] }),
  },
  mounted: { signatures: ["ext4"], mountPoint: "/mnt/1" },
  "mounted-in-another-namespace": { signatures: ["ext4"], mountElsewhere: "/mnt/1" },
  "table-in-partition": { path: "/dev/ubdb1", type: "part", signatures: ["dos"], nested: true },
  empty: { path: "/dev/ubdf", size: 0 },
  "read-only": { access: "read_only" },
  missing: { path: "/dev/another" },
};

const wipefsNames = {
  list: "wipefs --no-act",
  check: "wipefs --all --no-act",
  erase: "wipefs",
} as const;

test.for(
  Object.keys(onDisks).flatMap((name) =>
    (["list", "check", "erase"] as const).map((act) => ({ name, act })),
  ),
)("wipefs and the fake agree on $name: $act", async ({ name, act }) => {
  const truth = recorded(`wipefs/2.38.1-${name}-${act}`);
  const node = new FakeNode(systemClock);
  node.duration = () => milliseconds(0);
  const { path = "/dev/ubdb", also, ...more } = onDisks[name] ?? {};
  const signatures = [...(more.signatures ?? [])];
  const device = node.addDevice(path, 1024, { ...more, signatures });
  also?.(node, device);
  const said = await node.run({
    name: wipefsNames[act],
    file: "wipefs",
    args: truth.args,
    access: act === "erase" ? "write" : "read",
    answers: [0],
    lane: "",
  });
  const told = act === "list" ? typesIn : kindsIn;
  expect({ ...said, stdout: told(said.stdout), duration: 0 }).toEqual({
    exitCode: truth.exitCode,
    stdout: told(truth.stdout),
    stderr: truth.stderr,
    duration: 0,
  });
});

const typesIn = (text: string): string[] => parseSignatures(text).map(({ type }) => type);

/** Of "/dev/ubdb: 2 bytes were erased at offset 0x438 (ext4): 53 ef", and whether a table is read anew. */
const kindsIn = (text: string): string[] =>
  [...text.matchAll(/\((?<type>\w+)\):|(?<table>calling ioctl)/g)].map(
    ({ groups }) => groups?.["type"] ?? groups?.["table"] ?? "",
  );
