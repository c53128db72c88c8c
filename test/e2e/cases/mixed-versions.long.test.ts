import { systemClock } from "@stowage/clock";
import { Cluster, progressTo, stowageImage } from "@stowage/test-cluster";
import { afterAll, beforeAll, expect, test } from "vitest";
import { earlierImage, hasEarlier, loadEarlierImage } from "../src/earlier-image.ts";
import { install } from "../src/install.ts";
import type { Plain } from "../src/kinds.ts";
import { at } from "../src/kinds.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { rolledOut } from "../src/rollout.ts";
import { eventually, World } from "../src/world.ts";

/* docs/decisions/0023-fields-are-only-added.md: parts of two versions, and objects of two. */

const group = "mixed";
const nodes = ["n1", "n2"];
const progress = progressTo(systemClock, (line) => void process.stderr.write(`${line}\n`));
const history = (await hasEarlier()) ? "there" : "cut off";

let cluster: Cluster;
let world: World;

beforeAll(async () => {
  cluster = await Cluster.up({ name: "versions", nodes: nodes.length, disks: ["2Gi"], progress });
  await install(cluster, progress);
  world = await World.of(cluster, "versions");
  await world.storageClass(
    {
      ...storageClass(group, { nodes: { n1: ["/dev/ubdb"], n2: ["/dev/ubdb"] } }),
      allowVolumeExpansion: true,
    },
    nodes,
  );
  await world.create(claim("kept", group, "64Mi"));
  await world.create(podWith("user", ["kept"]));
  await world.running("user");
  await world.inPod("user", "echo kept > /kept/word && sync");
});

afterAll(() => cluster.down());

const groups = (): Promise<readonly { readonly spec: Plain }[]> =>
  Promise.all(
    nodes.map(
      async (node) => (await world.get("NodeLocalStorage", `${node}.${group}`)) as { spec: Plain },
    ),
  );

let round = 0;

/** A volume is made and mounted, a mounted one grows, one that was made before is removed. */
const use = async (): Promise<void> => {
  round += 1;
  const [made, old] = [`volume-${round}`, `volume-${round - 1}`];
  await world.create(claim(made, group, "32Mi"));
  await world.create(podWith(made, [made]));
  await world.running(made);
  await world.inPod(made, `echo ${made} > /${made}/word && sync`);

  const storage = `${64 + 4 * round}Mi`;
  await world.merge("PersistentVolumeClaim", "kept", {
    spec: { resources: { requests: { storage } } },
  });
  await world.until("PersistentVolume", await world.volumeOf("kept"), {
    spec: { capacity: { storage } },
  });
  expect(await world.inPod("user", "cat /kept/word")).toBe("kept");

  if (round === 1) return;
  const volume = await world.volumeOf(old);
  expect(await world.inPod(old, `cat /${old}/word`)).toBe(old);
  await world.delete("Pod", old);
  await world.delete("PersistentVolumeClaim", old);
  await eventually(async () => {
    expect(await world.get("PersistentVolume", volume)).toBeUndefined();
    for (const node of nodes) {
      expect(await world.logicalVolumes(node, group)).not.toContain(volume);
    }
    expect(JSON.stringify((await groups()).map(({ spec }) => spec))).not.toContain(volume);
  });
};

const parts = {
  agent: "daemonset/stowage-agent",
  provisioner: "deployment/stowage-provisioner",
  extender: "deployment/stowage-extender",
} as const;

const replace = async (part: keyof typeof parts, image: string): Promise<void> => {
  await progress.stage(`${part} becomes ${image}`, async () => {
    await cluster.kubectl(["-n", "stowage-system", "set", "image", parts[part], `*=${image}`]);
    await rolledOut(cluster, parts[part]);
  });
};

/** One part at a time, so that each set of versions is met once, and all parts are today's at last. */
const walk = [
  ["agent", earlierImage],
  ["provisioner", earlierImage],
  ["agent", stowageImage],
  ["extender", earlierImage],
  ["agent", earlierImage],
  ["provisioner", stowageImage],
  ["agent", stowageImage],
  ["extender", stowageImage],
] as const;

test.skipIf(history === "cut off")(
  "volumes are made, mounted, grown and removed with every mixture of two versions of the parts",
  async () => {
    await loadEarlierImage(cluster, progress);
    await use();
    for (const [part, image] of walk) {
      await replace(part, image);
      await use();
    }
    await world.until("PersistentVolumeClaim", "kept", {
      status: { capacity: { storage: `${64 + 4 * round}Mi` } },
    });
  },
);

const text = { type: "string" };
const crd = ["get", "crd", "nodelocalstorages.stowage.dev", "-o", "json"];

/** The definition with a field of a version to come at each place where programs write. */
const newer = (definition: Plain): Plain => {
  const copy = structuredClone(definition);
  for (const place of [
    "spec.properties",
    "spec.properties.devices.items.properties",
    "spec.properties.volumes.items.properties",
    "status.properties",
    "status.properties.volumes.items.properties",
  ]) {
    const properties = at(copy, `spec.versions.0.schema.openAPIV3Schema.properties.${place}`);
    Object.assign(properties as object, { ofNextVersion: text });
  }
  return copy;
};

const apply = (object: Plain): Promise<string> =>
  cluster.kubectl(["replace", "-f", "-"], { input: JSON.stringify(object) });

const marked = (list: unknown): Plain[] =>
  (list as Plain[]).map((item) => Object.assign(item, { ofNextVersion: "item" }));

/** What of the newer fields in a group's spec is left. */
const newerFields = async (): Promise<readonly unknown[]> =>
  (await groups()).map(({ spec }) => [
    spec["ofNextVersion"],
    (spec["devices"] as Plain[]).map((device) => device["ofNextVersion"]),
    (spec["volumes"] as Plain[])
      .filter((volume) => at(volume, "claim.name") === "kept")
      .map((volume) => volume["ofNextVersion"]),
  ]);

test("fields of a version to come outlive the work of today's programs, and their loss harms nobody", async () => {
  const today = JSON.parse(await cluster.kubectl(crd)) as Plain;
  await apply(newer(today));
  await eventually(async () => {
    for (const node of nodes) {
      const name = `${node}.${group}`;
      const spec = at(await world.get("NodeLocalStorage", name), "spec") as Plain;
      await world.merge("NodeLocalStorage", name, {
        spec: {
          ofNextVersion: "spec",
          devices: marked(spec["devices"]),
          volumes: marked(spec["volumes"]),
        },
      });
    }
    expect((await newerFields()).flat(3)).not.toContain(undefined);
  });
  const before = await newerFields();
  await use();
  await use();
  expect(await newerFields()).toEqual(before);

  // Back to the older definition: the API server drops what it does not name.
  const now = JSON.parse(await cluster.kubectl(crd)) as Plain;
  await apply({ ...today, metadata: now["metadata"] });
  await eventually(async () => {
    expect((await newerFields()).flat(3).filter((value) => value !== undefined)).toEqual([]);
  });
  await use();
  await use();
});
