import { afterAll, beforeAll, expect, test } from "vitest";
import { at } from "../src/kinds.ts";
import {
  claim,
  claimOn,
  onlyNodes,
  podWith,
  podWithDevice,
  storageClass,
} from "../src/manifests.ts";
import type { Death } from "../src/provisioner-process.ts";
import { keepProvisioner } from "../src/provisioner-process.ts";
import { scaleProvisioners, usualProvisioners } from "../src/provisioners.ts";
import { eventually, World } from "../src/world.ts";

/* No provisioner lives longer than a few writes here; what they do one after another must be right. */

const nodes = ["n1", "n2"] as const;
const long = { timeout: 200_000, interval: 300 };
let world: World;

beforeAll(async () => {
  world = await World.enter("kills");
  await world.storageClass(
    {
      ...storageClass("kills", { nodes: { n1: ["/dev/ubdb"], n2: ["/dev/ubdb"] } }),
      allowVolumeExpansion: true,
    },
    nodes,
  );
  await scaleProvisioners(world.cluster, 0);
});

afterAll(async () => {
  await scaleProvisioners(world.cluster, usualProvisioners);
  await world.leave();
});

/** Has it done by provisioners that die; where they died. */
const inSpiteOf = async (death: Death, isDone: () => Promise<void>): Promise<string[]> => {
  const provisioner = keepProvisioner(world.cluster, death);
  try {
    await eventually(isDone, long);
  } catch (error) {
    throw new Error(`died so far: ${(await provisioner.stop()).join("; ")}`, { cause: error });
  }
  return provisioner.stop();
};

const entriesOn = async (node: string): Promise<string[]> => {
  const volumes = at(await world.get("NodeLocalStorage", `${node}.kills`), "spec.volumes") ?? [];
  return (volumes as object[]).map((entry) => String(at(entry, "name")));
};

const volumesOnDisk = async (): Promise<string[]> => {
  const all = await Promise.all(nodes.map((node) => world.logicalVolumes(node, "kills")));
  return all.flat().filter((name) => name !== "by-hand");
};

const persistentVolumes = async (): Promise<string[]> =>
  (await world.list("PersistentVolume"))
    .filter((volume) => at(volume, "spec.storageClassName") === "kills")
    .map((volume) => String(at(volume, "metadata.name")));

/** Exactly one logical volume, one entry and one PersistentVolume for each of these claims. */
const oneEach = async (...names: readonly string[]): Promise<void> => {
  const wanted: string[] = [];
  for (const name of names) {
    const object = await world.get("PersistentVolumeClaim", name);
    expect(object).toMatchObject({ status: { phase: "Bound" } });
    wanted.push(`pvc-${String(at(object, "metadata.uid"))}`);
  }
  wanted.sort();
  expect((await persistentVolumes()).toSorted()).toEqual(wanted);
  expect((await Promise.all(nodes.map(entriesOn))).flat().toSorted()).toEqual(wanted);
  expect((await volumesOnDisk()).toSorted()).toEqual(wanted);
};

/** Writes at which provisioners must have died, for the test to have tested anything. */
const interrupted = {
  "after 1": [
    /PATCH .*nodelocalstorages/,
    /PATCH .*persistentvolumeclaims\/failing(\?|$)/,
    /POST .*persistentvolumes/,
    /PATCH .*persistentvolumeclaims\/raw\/status/,
    /(DELETE|PATCH) .*\/persistentvolumes\//,
  ],
  "before 3": [/PATCH .*nodelocalstorages/, /(DELETE|PATCH) .*\/persistentvolumes\//],
} as const satisfies Partial<Record<Death, readonly RegExp[]>>;

test.for(["after 1", "before 3"] as const)(
  "killed %s writes, again and again: provision, failure, expansion and removal come to the same end",
  async (death) => {
    // All of n1 is taken behind Stowage's back, so that the first attempt fails there.
    await world.onNode("n1", "lvcreate --yes --extents 100%FREE --name by-hand kills");
    try {
      await world.create(claimOn("n1", "failing", "kills", "64Mi"));
      await world.create(podWith("failing", ["failing"]));
      await world.create(claim("raw", "kills", "64Mi", { volumeMode: "Block" }));
      await world.create(podWithDevice("raw", "raw", onlyNodes("n2")));
      await world.create(claimOn("n2", "brief", "kills", "64Mi"));
      const brief = at(await world.get("PersistentVolumeClaim", "brief"), "metadata.uid");
      const places = [];
      places.push(
        ...(await inSpiteOf(death, async () => {
          const begun = (await entriesOn("n2")).includes(`pvc-${String(brief)}`);
          if (begun) await world.delete("PersistentVolumeClaim", "brief");
          expect(await world.get("PersistentVolumeClaim", "brief")).toBeUndefined();
          await oneEach("failing", "raw");
        })),
      );
      expect(at(await world.running("failing"), "spec.nodeName")).toBe("n2");
      await world.merge("PersistentVolumeClaim", "raw", {
        spec: { resources: { requests: { storage: "128Mi" } } },
      });
      places.push(
        ...(await inSpiteOf(death, async () => {
          const object = await world.get("PersistentVolumeClaim", "raw");
          expect(object).toMatchObject({ status: { capacity: { storage: "128Mi" } } });
          expect(at(object, "status.allocatedResourceStatuses.storage")).toBeUndefined();
          const size = `lvs --noheadings --units m --nosuffix -o lv_size kills/pvc-${String(at(object, "metadata.uid"))}`;
          expect(await world.onNode("n2", size)).toBe("128.00");
          await oneEach("failing", "raw");
        })),
      );
      for (const name of ["failing", "raw"]) await world.delete("Pod", name);
      for (const name of ["failing", "raw"]) await world.delete("PersistentVolumeClaim", name);
      places.push(...(await inSpiteOf(death, () => oneEach())));
      // Each of these was interrupted, or the test has tested nothing.
      for (const step of interrupted[death]) {
        expect(places).toContainEqual(expect.stringMatching(step));
      }
    } finally {
      await world.onNode("n1", "lvremove --yes kills/by-hand");
    }
  },
);
