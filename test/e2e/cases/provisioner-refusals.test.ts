import { afterAll, beforeAll, expect, test } from "vitest";
import type { Plain } from "../src/kinds.ts";
import { at } from "../src/kinds.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { eventually, World } from "../src/world.ts";

const hostname = "kubernetes.io/hostname";
const renamed = "somewhere-else.example";

/** Beside the class that makes the group. */
const otherClasses = {
  "plain-xfs": { fsType: "xfs" },
  "plain-odd": { fstype: "xfs" },
  "plain-json": { nodes: '[{"node":"n1"' },
  "plain-up": { volumeGroup: "../plain" },
  "plain-mkfs": { mkfsOptions: "-m 5 -O ^has_journal -L stowed" },
  "plain-mkfs-xfs": { fsType: "xfs", mkfsOptions: "-i size=1024 -L stowed" },
  "plain-mkfs-bad": { mkfsOptions: "-d /etc" },
} as const;

let world: World;

beforeAll(async () => {
  world = await World.enter("refusals");
  await world.storageClass(storageClass("plain", { nodes: { n1: ["/dev/ubdb"] } }), ["n1"]);
  for (const [name, parameters] of Object.entries(otherClasses)) {
    await world.create(storageClass(name, { parameters: { volumeGroup: "plain", ...parameters } }));
  }
});

afterAll(async () => {
  await world.leave();
  for (const name of Object.keys(otherClasses)) await world.delete("StorageClass", name);
});

test.for<[string, Plain, RegExp]>([
  [
    "many",
    { accessModes: ["ReadWriteMany"] },
    /ReadWriteMany needs storage that several nodes share/,
  ],
  [
    "copy",
    { dataSource: { kind: "PersistentVolumeClaim", name: "many" } },
    /a dataSource would have to be copied/,
  ],
  ["small", { storageClassName: "plain-xfs" }, /xfs needs at least 300 MiB/],
  ["chosen", { selector: { matchLabels: { a: "b" } } }, /a selector chooses among existing/],
  ["odd", { storageClassName: "plain-odd" }, /class plain-odd are wrong: .*"?fstype"?/],
  ["json", { storageClassName: "plain-json" }, /class plain-json are wrong: nodes: is not JSON/],
  ["up", { storageClassName: "plain-up" }, /class plain-up are wrong: volumeGroup: must be a name/],
  ["bad", { storageClassName: "plain-mkfs-bad" }, /mkfsOptions: "-d" is no option for ext4 here/],
])(
  "cases 18 and 19: claim %s is refused by event, and no volume is made",
  async ([name, spec, words]) => {
    await world.create(claim(name, "plain", "100Mi", spec));
    await world.create(podWith(name, [name]));
    await eventually(async () => {
      expect(await world.messages("PersistentVolumeClaim", name)).toContainEqual(
        expect.stringMatching(words),
      );
    });
    // Kubernetes itself tells the claim what it waits for.
    const told = (await world.list("Event")).filter(
      (event) =>
        at(event, "involvedObject.kind") === "PersistentVolumeClaim" &&
        at(event, "involvedObject.name") === name &&
        event["reportingComponent"] === "lvm.stowage.dev",
    );
    expect([...new Set(told.map(({ message }) => message))]).toEqual([
      expect.stringMatching(words),
    ]);
    await world.delete("Pod", name);
    await world.delete("PersistentVolumeClaim", name);
    expect(await world.logicalVolumes("n1", "plain")).toEqual([]);
    expect(at(await world.get("NodeLocalStorage", "n1.plain"), "spec.volumes")).toEqual([]);
  },
);

test("cases 18 and 19: ReadWriteOncePod, a single byte and an odd number of bytes work", async () => {
  await world.create(claim("once", "plain", "1", { accessModes: ["ReadWriteOncePod"] }));
  await world.create(claim("uneven", "plain", "221920847"));
  await world.create(podWith("once", ["once", "uneven"]));
  await world.running("once");
  await world.until("PersistentVolumeClaim", "uneven", {
    status: { capacity: { storage: "212Mi" } },
  });
  await world.until("PersistentVolumeClaim", "once", { status: { capacity: { storage: "4Mi" } } });
  expect(await world.inPod("once", "echo written > /once/word && cat /once/word")).toBe("written");
  await world.clear();
});

test("mkfsOptions of the class make the file system that the kubelet then mounts", async () => {
  await world.create(claim("made", "plain-mkfs", "64Mi"));
  await world.create(claim("made-xfs", "plain-mkfs-xfs", "300Mi"));
  await world.create(podWith("made", ["made", "made-xfs"]));
  await world.running("made");
  const device = async (name: string): Promise<string> =>
    `/dev/plain/${String(at(await world.get("PersistentVolumeClaim", name), "spec.volumeName"))}`;
  const ext4 = await world.onNode("n1", `dumpe2fs -h ${await device("made")} 2>/dev/null`);
  expect(ext4).toMatch(/volume name:\s+stowed/);
  expect(ext4).not.toMatch(/has_journal/);
  const xfs = await device("made-xfs");
  expect(await world.onNode("n1", `xfs_db -r -c 'sb 0' -c 'p inodesize' ${xfs}`)).toBe(
    "inodesize = 1024",
  );
  for (const name of ["made", "made-xfs"]) {
    expect(await world.inPod("made", `echo written > /${name}/word && cat /${name}/word`)).toBe(
      "written",
    );
  }
  await world.clear();
});

const label = (value: string): Promise<string> =>
  world.cluster.kubectl(["label", "node", "n1", "--overwrite", `${hostname}=${value}`]);

test("case 17: a node whose hostname label is not its name: create, restart and delete work", async () => {
  await label(renamed);
  try {
    await world.create(claim("moved", "plain", "64Mi"));
    await world.create(podWith("moved", ["moved"], { nodeSelector: { [hostname]: renamed } }));
    await world.running("moved");
    const volume = at(await world.get("PersistentVolumeClaim", "moved"), "spec.volumeName");
    expect(JSON.stringify(await world.get("PersistentVolume", String(volume)))).toContain(
      `"values":["${renamed}"]`,
    );
    await world.inPod("moved", "echo kept > /moved/word && sync");
    await world.delete("Pod", "moved");
    await world.create(podWith("moved", ["moved"]));
    await world.running("moved");
    expect(await world.inPod("moved", "cat /moved/word")).toBe("kept");
    await world.clear();
    expect(await world.logicalVolumes("n1", "plain")).toEqual([]);
  } finally {
    await label("n1");
  }
});
