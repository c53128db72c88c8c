import { afterAll, beforeAll, expect, test } from "vitest";
import { documented } from "../src/docs/documented.ts";
import type { Plain } from "../src/kinds.ts";
import { at, kinds } from "../src/kinds.ts";
import { claimOn, onlyNodes, podWith, storageClass } from "../src/manifests.ts";
import { Shell } from "../src/shell.ts";
import { eventually, World } from "../src/world.ts";

const long = { timeout: 150_000 };
let world: World;
let shell: Shell;

beforeAll(async () => {
  world = await World.enter("lost");
  shell = await Shell.open(world.cluster, world.namespace);
  await world.storageClass(
    storageClass("gone", { nodes: { n1: ["/dev/ubdb"], n3: ["/dev/ubdb"] } }),
    ["n1", "n3"],
  );
});

afterAll(async () => {
  const node = world.cluster.node("n3");
  await node.boot();
  await node.ready();
  await shell.close();
  await world.leave();
});

const volumeOf = async (claimName: string): Promise<string> =>
  String(
    at(
      await world.until("PersistentVolumeClaim", claimName, { status: { phase: "Bound" } }),
      "spec.volumeName",
    ),
  );

const volumesOfTheNode = async (): Promise<Plain[]> =>
  (await world.list("PersistentVolume")).filter((volume) => isOn(volume, "n3"));

const isOn = (volume: Plain, node: string): boolean =>
  JSON.stringify(at(volume, "spec.nodeAffinity") ?? {}).includes(`"${node}"`);

const lost = 500;

const lostName = (index: number): string => `pvc-of-the-lost-${index}`;

const lostClaim = (index: number): Plain => ({
  namespace: world.namespace,
  name: `lost-${index}`,
  uid: `of-the-lost-${index}`,
});

/** The ledger as it is, with entries for all that was lost. */
const addEntries = async (): Promise<void> => {
  const volumes = at(await world.get("NodeLocalStorage", "n3.gone"), "spec.volumes");
  const more = Array.from({ length: lost }, (_, index) => ({
    name: lostName(index),
    size: "4Mi",
    claim: lostClaim(index),
  }));
  await world.merge("NodeLocalStorage", "n3.gone", {
    spec: { volumes: [...(volumes as readonly Plain[]), ...more] },
  });
};

/** As the provisioner would have made it for a claim that is gone by now. */
const orphaned = (index: number): Plain => ({
  kind: "PersistentVolume",
  metadata: {
    name: lostName(index),
    annotations: {
      "pv.kubernetes.io/provisioned-by": "lvm.stowage.dev",
      "stowage.dev/node-local-storage": "n3.gone",
    },
    finalizers: ["external-provisioner.volume.kubernetes.io/finalizer"],
  },
  spec: {
    capacity: { storage: "4Mi" },
    accessModes: ["ReadWriteOnce"],
    persistentVolumeReclaimPolicy: "Delete",
    storageClassName: "gone",
    local: { path: `/dev/gone/${lostName(index)}` },
    claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", ...lostClaim(index) },
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [
          {
            matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["n3"] }],
          },
        ],
      },
    },
  },
});

const notReady: unknown = expect.objectContaining({ type: "Ready", status: "False" });

/** A new NodeLocalStorage for the group, which the class makes, on this device. */
const remake = async (device: string): Promise<void> => {
  const old = at(await world.get("NodeLocalStorage", "n3.gone"), "metadata.uid");
  await world.client.delete(kinds.NodeLocalStorage, { name: "n3.gone" });
  await eventually(async () => {
    const made = await world.get("NodeLocalStorage", "n3.gone");
    expect([undefined, old]).not.toContain(at(made, "metadata.uid"));
    await world.merge("NodeLocalStorage", "n3.gone", { spec: { devices: [{ path: device }] } });
  });
};

test("a node that is back with another disk gives no empty volume to a claim that had data", async () => {
  const node = world.cluster.node("n3");
  await world.create(claimOn("n3", "kept", "gone", "64Mi"));
  await world.create(podWith("kept", ["kept"], onlyNodes("n3")));
  await world.running("kept");
  await world.inPod("kept", "echo kept > /kept/word && sync");
  const volume = await volumeOf("kept");
  await world.onNode("n3", "sync");
  await node.powerCut();
  await world.delete("Node", "n3");
  await node.pullDisk("disk1");
  const other = await node.addDisk("4Gi");
  try {
    await node.boot();
    await node.ready();
    // Its group is not made anew by itself, and nobody gets an empty volume.
    await world.until(
      "NodeLocalStorage",
      "n3.gone",
      { status: { conditions: expect.arrayContaining([notReady]) } },
      long,
    );
    await world.delete("Pod", "kept");
    await world.create(podWith("kept", ["kept"], onlyNodes("n3")));
    await eventually(async () => {
      expect(await world.messages("Pod", "kept")).toContainEqual(
        expect.stringContaining(`"/dev/gone/${volume}" does not exist`),
      );
    }, long);
    // The admin begins with the other disk: the claim's entry is back, and its volume is not.
    await remake(other.device);
    await world.until(
      "NodeLocalStorage",
      "n3.gone",
      {
        status: {
          volumes: [
            expect.objectContaining({
              name: volume,
              state: "Failed",
              message: expect.stringContaining("an empty one is not put in its place"),
            }),
          ],
        },
      },
      long,
    );
    expect(await world.logicalVolumes("n3", "gone")).toEqual([]);
    expect(at(await world.get("PersistentVolumeClaim", "kept"), "status.phase")).toBe("Bound");
  } finally {
    // The old disk comes back, and with it what was on it.
    await node.boot();
    await world.onNode("n3", "vgremove --force --yes gone || true");
    await node.powerCut();
    await node.pullDisk(other.name);
    await node.plugDisk("disk1");
    await node.boot();
    await node.ready();
    await remake("/dev/ubdb");
  }
  await world.delete("Pod", "kept");
  await world.create(podWith("kept", ["kept"], onlyNodes("n3")));
  await world.running("kept", long);
  expect(await world.inPod("kept", "cat /kept/word")).toBe("kept");
  await world.clear();
});

test("volumes of a node that is gone wait until its loss is confirmed, 500 of them delay nobody, then they go", async () => {
  await world.create(claimOn("n3", "real", "gone", "64Mi"));
  const real = await volumeOf("real");
  await world.cluster.node("n3").powerCut();
  await shell.run(
    documented("operations.md", "A node is gone for good", "kubectl delete node n1"),
    { n1: "n3" },
  );
  await world.delete("PersistentVolumeClaim", "real");
  await addEntries();
  for (let first = 0; first < lost; first += 50) {
    await Promise.all(
      Array.from({ length: 50 }, (_, index) => world.create(orphaned(first + index))),
    );
  }
  await world.create(claimOn("n1", "other", "gone", "64Mi"));
  await world.until("PersistentVolumeClaim", "other", { status: { phase: "Bound" } });
  await eventually(async () => {
    const words = await world.cluster.kubectl([
      ..."get events -n default -o jsonpath={.items[*].message} --field-selector".split(" "),
      `reason=VolumeFailedDelete,involvedObject.name=${real}`,
    ]);
    expect(words).toMatch(/kubectl annotate nls n3\.gone stowage\.dev\/node-lost=n3/);
  });
  expect(await volumesOfTheNode()).toHaveLength(lost + 1);
  await shell.run(documented("operations.md", "A node is gone for good", "kubectl annotate nls"), {
    "n1.fast": "n3.gone",
    "=n1": "=n3",
  });
  await eventually(async () => expect(await volumesOfTheNode()).toHaveLength(0), long);

  // The same disks come back after all: what is on them is shown, and not touched.
  const node = world.cluster.node("n3");
  await node.boot();
  await node.ready();
  await world.until(
    "NodeLocalStorage",
    "n3.gone",
    { status: { orphans: [expect.objectContaining({ name: real })] } },
    long,
  );
  expect(
    at(await world.get("NodeLocalStorage", "n3.gone"), "metadata.annotations"),
  ).not.toHaveProperty(["stowage.dev/node-lost"]);
  expect(await world.logicalVolumes("n3", "gone")).toEqual([real]);
});
