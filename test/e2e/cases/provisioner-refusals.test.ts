import { afterAll, beforeAll, expect, test } from "vitest";
import type { Plain } from "../src/kinds.ts";
import { at } from "../src/kinds.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { eventually, World } from "../src/world.ts";

/** Beside the class that makes the group. */
const otherClasses = {
  "plain-xfs": { fsType: "xfs" },
  "plain-odd": { fstype: "xfs" },
  "plain-json": { nodes: '[{"node":"n1"' },
  "plain-up": { volumeGroup: "../plain" },
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
])("claim %s is refused by event, and no volume is made", async ([name, spec, words]) => {
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
  expect([...new Set(told.map(({ message }) => message))]).toEqual([expect.stringMatching(words)]);
  await world.delete("Pod", name);
  await world.delete("PersistentVolumeClaim", name);
  expect(await world.logicalVolumes("n1", "plain")).toEqual([]);
  expect(at(await world.get("NodeLocalStorage", "n1.plain"), "spec.volumes")).toEqual([]);
});
