import { milliseconds, systemClock } from "@stowage/clock";
import type { Command, Output } from "@stowage/lvm";
import type { Recording } from "@stowage/lvm/testing";
import { recorded } from "@stowage/lvm/testing";
import { expect, test } from "vitest";
import type { FakeDevice, FakeGroup, FakeVolume } from "../fake-disks.ts";
import { FakeNode } from "../fake-node.ts";

/*
 * The fake node is put into the situation of a recording and given the same command; it must answer as
 * the real tool did, numbers and UUIDs aside. So a fake that drifts from the tool fails here.
 */

type Scene = {
  readonly node: FakeNode;
  readonly disks: readonly [FakeDevice, FakeDevice, FakeDevice, FakeDevice];
};

type Populated = Scene & { readonly group: FakeGroup; readonly volume: FakeVolume };

const blank = (): Scene => {
  const node = new FakeNode(systemClock);
  return {
    node,
    disks: [
      node.addDevice("/dev/ubdb", 1024),
      node.addDevice("/dev/ubdc", 1024),
      node.addDevice("/dev/ubdd", 1024),
      node.addDevice("/dev/sda", 64, { sectorSize: 4096 }),
    ],
  };
};

/** Group fast on the first two disks, with a volume of four extents on the first. */
const populated = (): Populated => {
  const scene = blank();
  const [first, second] = scene.disks;
  const group = scene.node.addGroup("fast", [first, second]);
  return { ...scene, group, volume: scene.node.addVolume(group, "pvc-1", 4, []) };
};

const onGroup =
  (arrange: (scene: Populated) => void = () => undefined) =>
  (): FakeNode => {
    const scene = populated();
    arrange(scene);
    return scene.node;
  };

const onBlank =
  (arrange: (scene: Scene) => void = () => undefined) =>
  (): FakeNode => {
    const scene = blank();
    arrange(scene);
    return scene.node;
  };

const hold = ({ disks: [, second] }: Scene): void => {
  second.allocation = "held";
};

const fillFirst = ({ node, group, disks: [first] }: Populated): void => {
  node.addVolume(group, "rest", node.roomOn([first]), []);
};

const sign =
  (more: Partial<FakeDevice>, ...signatures: string[]) =>
  ({ disks }: Scene): void => {
    const [, , third] = disks;
    Object.assign(third, more);
    third.signatures.push(...signatures);
  };

const deactivate = ({ volume }: Populated): void => {
  volume.activation = "inactive";
};

/** Recordings in words, and what the node was like. */
const situations: Readonly<Record<string, () => FakeNode>> = {
  "vgcreate-again": onGroup(),
  "vgcreate-missing": onBlank(),
  "vgcreate-over-member": onGroup(),
  "vgcreate-signature": onBlank(sign({}, "ext4")),
  "vgcreate-mounted": onBlank(sign({ mountPoint: "/mnt/1" }, "ext4")),
  "vgcreate-partitioned": onBlank(sign({}, "dos")),
  "vgcreate-mixed-sectors": onBlank(),
  "vgextend-mixed-sectors": onGroup(),
  "vgextend-signature": onGroup(sign({}, "ext4")),
  "vgextend-group-missing": onBlank(),
  "vgreduce-in-use": onGroup(),
  "vgreduce-no-member": onGroup(),
  "pvchange-no-physical-volume": onGroup(),
  "pvresize-no-physical-volume": onGroup(),
  "pvremove-no-physical-volume": onGroup(),
  "pvmove-no-physical-volume": onGroup(),
  "pvremove-in-use": onGroup(),
  "pvmove-nothing-to-move": onGroup(),
  "pvmove-no-room": onGroup(hold),
  "group-not-found": onGroup(),
  lvcreate: onGroup(({ group }) => group.volumes.splice(0)),
  "lvcreate-again": onGroup(),
  "lvcreate-no-room": onGroup(),
  "lvcreate-only-held-left": onGroup((scene) => {
    hold(scene);
    fillFirst(scene);
  }),
  "lvcreate-device-missing": onGroup(({ disks: [, second] }) => {
    second.presence = "missing";
  }),
  "lvcreate-volume-list": onGroup(({ node }) => {
    node.volumeList = "none";
  }),
  activate: onGroup(deactivate),
  "activate-skipped": onGroup((scene) => {
    deactivate(scene);
    scene.volume.activationFlag = "skipped";
  }),
  "activate-volume-list": onGroup((scene) => {
    deactivate(scene);
    scene.node.volumeList = "none";
  }),
  "lvchange-not-found": onGroup(),
  "lvextend-same-size": onGroup(),
  "lvextend-no-room": onGroup(),
  "lvextend-not-found": onGroup(),
  "lvextend-smaller": onGroup(fillFirst),
  "lvextend-origin": onGroup(({ node, group }) => {
    node.addVolume(group, "nightly", 2, []).origin = "pvc-1";
  }),
  "lvremove-not-found": onGroup(),
  "lvremove-open": onGroup(({ volume }) => {
    volume.use = "open";
  }),
};

const commandOf = ({ file, args }: Recording): Command => ({
  name: args[0] ?? "",
  file: file as Command["file"],
  args: args.flatMap((word) =>
    word.startsWith("--devices=")
      ? word
          .slice("--devices=".length)
          .split(",")
          .map((path) => `--devices=${path}`)
      : [word],
  ),
  access: "write",
  answers: [0],
  lane: "",
});

const answerOf = async (node: FakeNode, command: Command): Promise<Output> => {
  node.duration = () => milliseconds(0);
  return node.run(command);
};

const uuid = /\w{6}(-\w{4}){5}-\w{6}|uuid-[\w/-]+/g;

const aside = (text: string): string =>
  text
    .replaceAll(uuid, "UUID")
    .replaceAll(/\b\d+\b/g, "N")
    .trim();

test.for(Object.keys(situations))("LVM and the fake agree on %s", async (name) => {
  const truth = recorded(`words/2.03.16-${name}`);
  const node = situations[name]?.() ?? blank().node;
  const { exitCode, stdout, stderr } = await answerOf(node, commandOf(truth));
  // LVM says nothing at all of what it leaves out; what else it says on stdout is read by nobody.
  const said = truth.stdout === "" ? stdout : "";
  expect({ exitCode, said, stderr: aside(stderr) }).toEqual({
    exitCode: truth.exitCode,
    said: "",
    stderr: aside(truth.stderr),
  });
});

test("what vgextend did before it refused stays done", async () => {
  const { node, disks } = blank();
  await answerOf(node, commandOf(recorded("words/2.03.16-vgextend-group-missing")));
  expect(recorded("words/2.03.16-vgextend-group-missing-left").stdout).toContain(
    "/dev/ubdd       ---",
  );
  expect(disks[2].signatures).toEqual(["LVM2_member"]);
});

test.for(["activate-skipped", "activate-volume-list"])(
  "a volume that LVM leaves out stays inactive, though it ends well: %s",
  async (name) => {
    const node = situations[name]?.() ?? blank().node;
    const { exitCode } = await answerOf(node, commandOf(recorded(`words/2.03.16-${name}`)));
    expect([exitCode, node.volumeAt("/dev/fast/pvc-1")?.activation]).toEqual([0, "inactive"]);
  },
);
