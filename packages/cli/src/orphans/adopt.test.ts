import { persistentVolumes } from "@stowage/api";
import { expect, test } from "vitest";
import {
  claim,
  orphan,
  persistentVolume,
  pod,
  storage,
  storageClass,
  uidOf,
  volumeOf,
} from "../testing/objects.ts";
import { adoptData, clusterWith, entriesOf, withAgent } from "./testing/orphaned.ts";

test("adopt puts the entry back as the tags tell it, and makes a PersistentVolume for the claim's name", async () => {
  const cluster = clusterWith();
  const { out, code } = await cluster.run(adoptData);
  expect(code).toBe(0);
  expect(out).toBe("pvc-0000-data of n1 adopted for claim shop/data");
  expect(entriesOf(cluster)[1]).toEqual({
    name: volumeOf("data"),
    claim: { namespace: "shop", name: "data", uid: uidOf("data") },
    size: 2 * 2 ** 30,
    volumeMode: "Filesystem",
  });
  const volume = cluster.get("persistentvolumes", volumeOf("data"));
  expect(volume).toMatchObject({
    metadata: {
      annotations: {
        "pv.kubernetes.io/provisioned-by": "lvm.stowage.dev",
        "stowage.dev/node-local-storage": "n1.fast",
        "stowage.dev/adopted": uidOf("data"),
      },
      labels: { "stowage.dev/node": "n1", "stowage.dev/adopted": "true" },
      finalizers: ["external-provisioner.volume.kubernetes.io/finalizer"],
    },
    spec: {
      capacity: { storage: "2Gi" },
      accessModes: ["ReadWriteOnce"],
      volumeMode: "Filesystem",
      storageClassName: "fast",
      persistentVolumeReclaimPolicy: "Delete",
      local: { path: `/dev/fast/${volumeOf("data")}`, fsType: "ext4" },
      nodeAffinity: {
        required: { nodeSelectorTerms: [{ matchExpressions: [{ values: ["n1"] }] }] },
      },
    },
  });
  // The claim of the rebuilt cluster has another uid: the name alone is what binds it.
  expect(volume).toHaveProperty("spec.claimRef", {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    namespace: "shop",
    name: "data",
  });
});

test("from then on a pod that is created together with its claim is held to the volume's node", async () => {
  const cluster = clusterWith();
  await cluster.run(adoptData);
  cluster.store.put("pods", pod("db-0", ["data"]));
  cluster.store.put("persistentvolumeclaims", claim("data", { size: "2Gi", uid: "1111-data" }));
  expect((await cluster.run("explain pod db-0 -n shop")).out).toMatchInlineSnapshot(`
    "Pod shop/db-0 fits on 1 of 3 nodes by its volumes; if it waits all the same, the events say for what.

    CLAIM   CLASS   SIZE    STATE
    data    fast    2 GiB   made    Kubernetes binds it to pvc-0000-data on node n1, which was adopted for it

    NODE   FITS   GROUP    ALLOCATABLE   RESERVED   HELD     FREE     NEEDS    REASON
    n1     yes    <none>   <none>        <none>     <none>   <none>   <none>
    n2     no     <none>   <none>        <none>     <none>   <none>   <none>   the volume adopted for claim shop/data is on node n1
    n3     no     <none>   <none>        <none>     <none>   <none>   <none>   the volume adopted for claim shop/data is on node n1
    free = allocatable - reserved (volumes in spec.volumes) - held (claims on their way); the number of volumes in brackets"
  `);
});

test("a claim that waits already decides about mode and class", async () => {
  const waiting = claim("data", { size: "1Gi", uid: "1111-data" });
  const cluster = clusterWith({
    storageclasses: [storageClass(), storageClass("fast2", { reclaimPolicy: "Retain" })],
    persistentvolumeclaims: [
      {
        ...waiting,
        spec: { ...(waiting["spec"] as object), volumeMode: "Block", storageClassName: "fast2" },
      },
    ],
  });
  expect((await cluster.run(adoptData)).code).toBe(0);
  expect(cluster.get("persistentvolumes", volumeOf("data"))).toMatchObject({
    spec: {
      storageClassName: "fast2",
      persistentVolumeReclaimPolicy: "Retain",
      volumeMode: "Block",
      local: { path: `/dev/fast/${volumeOf("data")}` },
    },
  });
});

test("what was never finished is given to nobody: another tenant's data may lie on it", async () => {
  const cluster = clusterWith({
    nodelocalstorages: [
      storage({
        node: "n1",
        status: { orphans: [{ ...orphan("data", "2Gi"), state: "Unfinished" }] },
      }),
    ],
  });
  expect((await cluster.run("orphans")).out).toContain("unfinished");
  const { err, code } = await cluster.run(adoptData);
  expect(code).toBe(1);
  expect(err).toContain("cut off while it was made");
  expect(err).toContain(`kubectl stowage orphans collect n1 fast ${volumeOf("data")}`);
  expect(entriesOf(cluster)).toEqual([]);
  expect(cluster.get("persistentvolumes", volumeOf("data"))).toBeUndefined();
});

test("adopt --all adopts what it can, and says why not of the others", async () => {
  const cluster = clusterWith({
    persistentvolumeclaims: [claim("logs", { uid: "1111", volume: "pvc-1111" })],
  });
  const { out, err, code } = await cluster.run("orphans adopt --all", "y");
  expect(code).toBe(1);
  expect(out).toBe("pvc-0000-data of n1 adopted for claim shop/data");
  expect(err).toContain("Adopt 2 volumes? [y/N]");
  expect(err).toContain(
    "pvc-0000-logs is not adopted: claim shop/logs is bound to another volume, pvc-1111; if this volume has the data that shop/logs needs, delete the claim and the pod that uses it, adopt, and create them again",
  );
});

/** n1 has what shop/data had first, n2 what it had later. */
const twice = () =>
  clusterWith({
    nodelocalstorages: [
      storage({ node: "n1", status: { orphans: [orphan("data", "2Gi"), orphan("logs")] } }),
      storage({
        node: "n2",
        status: { orphans: [{ ...orphan("data", "2Gi"), name: "pvc-2222-data" }] },
      }),
    ],
  });

test("of several volumes for claims of one name --all adopts none: a person has to name one", async () => {
  const cluster = twice();
  const { out, err, code } = await cluster.run("orphans adopt --all --yes");
  expect(code).toBe(1);
  expect(out).toBe("pvc-0000-logs of n1 adopted for claim shop/logs");
  for (const volume of ["pvc-0000-data", "pvc-2222-data"]) {
    expect(err).toContain(
      `${volume} is not adopted: 2 volumes were made for claim shop/data: pvc-0000-data on n1, pvc-2222-data on n2; name the one with the data that the claim needs: kubectl stowage orphans adopt <node> <group> <volume>`,
    );
  }
  expect((await cluster.run(adoptData)).code).toBe(0);
});

test("a second volume is not adopted while another one waits for the claim's name", async () => {
  const cluster = twice();
  expect((await cluster.run(adoptData)).code).toBe(0);
  for (const which of ["n2 fast pvc-2222-data", "--all"]) {
    const { code, err } = await cluster.run(`orphans adopt ${which} --yes`);
    expect(code).toBe(1);
    expect(err).toContain(
      "pvc-2222-data is not adopted: PersistentVolume pvc-0000-data was adopted for claim shop/data already",
    );
  }
  expect(cluster.get("persistentvolumes", "pvc-2222-data")).toBeUndefined();
});

test.for([1, 2])("cut off before write %i, the next call completes it", async (cut) => {
  const cluster = clusterWith();
  let writes = 0;
  cluster.before = ({ method }) => {
    if (method === "GET") return;
    writes += 1;
    if (writes === cut) throw new Error("cut");
  };
  expect((await cluster.run(adoptData)).code).toBe(3);
  expect((await cluster.run(adoptData)).code).toBe(0);
  expect(entriesOf(cluster).map(({ name }) => name)).toEqual([volumeOf("kept"), volumeOf("data")]);
  expect(cluster.get("persistentvolumes", volumeOf("data"))).toBeDefined();
});

test.for([
  {
    what: "a claim for which a new volume is being made",
    more: { persistentvolumeclaims: [claim("data", { uid: "1111", node: "n2" })] },
    why: "a new volume is being made for claim shop/data",
  },
  {
    what: "a claim that is larger than the volume",
    more: { persistentvolumeclaims: [claim("data", { uid: "1111", size: "3Gi" })] },
    why: "claim shop/data asks for 3 GiB, and the volume has 2 GiB",
  },
  {
    what: "a claim of another group's class",
    more: {
      persistentvolumeclaims: [claim("data", { uid: "1111", storageClass: "slow" })],
      storageclasses: [
        storageClass(),
        storageClass("slow", { parameters: { volumeGroup: "slow" } }),
      ],
    },
    why: "class slow is none of Stowage's for group fast",
  },
  {
    what: "several classes",
    more: { storageclasses: [storageClass(), storageClass("fast2")] },
    why: "several classes use group fast\nsay --storage-class fast or fast2",
  },
  {
    what: "no class",
    more: { storageclasses: [] },
    why: "no StorageClass of Stowage's uses group fast",
  },
  { what: "no Node", more: { nodes: [] }, why: "node n1 does not exist" },
  {
    what: "another PersistentVolume of the name",
    more: { persistentvolumes: [persistentVolume("data", { group: "n2.fast" })] },
    why: "PersistentVolume pvc-0000-data exists and leads elsewhere",
  },
])("adopt refuses $what, and writes nothing", async ({ more, why }) => {
  const cluster = clusterWith(more);
  cluster.before = ({ method }) => expect(method).toBe("GET");
  const { code, err } = await cluster.run(adoptData);
  expect(code).toBe(1);
  expect(err).toContain(`error: pvc-0000-data is not adopted: ${why}`);
});

test("no PersistentVolume is made before the agent has confirmed the volume", async () => {
  const silent = clusterWith();
  silent.meanwhile = () => undefined;
  const unheard = await silent.run(adoptData);
  expect(unheard.code).toBe(1);
  expect(unheard.err).toContain("the agent of n1 has not confirmed it\nadopt it again when");
  expect(silent.get("persistentvolumes", volumeOf("data"))).toBeUndefined();
  expect(entriesOf(silent)).toHaveLength(2);

  const failed = withAgent(clusterWith(), "Failed");
  expect((await failed.run(adoptData)).code).toBe(1);
  expect(failed.get("persistentvolumes", volumeOf("data"))).toBeUndefined();
});

test("an orphan without a claim gets its entry only", async () => {
  const cluster = clusterWith({
    nodelocalstorages: [
      storage({ node: "n1", status: { orphans: [{ name: "scratch", size: "1Gi" }] } }),
    ],
  });
  expect((await cluster.run("orphans adopt n1 fast scratch --yes")).code).toBe(0);
  expect(entriesOf(cluster)).toEqual([{ name: "scratch", size: 2 ** 30 }]);
  expect(cluster.get("persistentvolumes", "scratch")).toBeUndefined();
});

test("what adopt makes is what the provisioner takes for its own", async () => {
  const cluster = clusterWith();
  await cluster.run(adoptData);
  const volume = persistentVolumes.parse(cluster.get("persistentvolumes", volumeOf("data")));
  expect(volume).toMatchObject({
    provisionedBy: "lvm.stowage.dev",
    group: "n1.fast",
    adoptedFrom: uidOf("data"),
  });
});
