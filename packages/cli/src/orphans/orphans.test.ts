import { nodeLocalStorages, persistentVolumes } from "@stowage/api";
import { expect, test } from "vitest";
import { TestCluster } from "../testing/cluster.ts";
import {
  claim,
  entry,
  healthyObjects,
  made,
  orphan,
  persistentVolume,
  storage,
  storageClass,
  uidOf,
  volumeOf,
} from "../testing/objects.ts";

const clusterWith = (more: Record<string, object[]> = {}): TestCluster =>
  withAgent(
    new TestCluster({
      ...healthyObjects(),
      nodelocalstorages: [
        storage({
          node: "n1",
          spec: { volumes: [entry("kept")] },
          status: { volumes: [made("kept")], orphans: [orphan("data", "2Gi"), orphan("logs")] },
        }),
      ],
      persistentvolumes: [persistentVolume("kept")],
      ...more,
    }),
  );

/** Each time the CLI waits, the agent reports on the entries as they are. */
const withAgent = (cluster: TestCluster, state = "Ready"): TestCluster => {
  cluster.meanwhile = () => {
    const raw = cluster.get("nodelocalstorages", "n1.fast");
    const entries = entriesOf(cluster);
    const names = new Set(entries.map(({ name }) => name));
    const status = {
      ...(raw?.["status"] as object),
      volumes: entries.map(({ name, size }) => ({ name, state, size: `${size}` })),
      orphans: [orphan("data", "2Gi"), orphan("logs")].filter(
        ({ name }) => !names.has(String(name)),
      ),
    };
    cluster.store.update("nodelocalstorages", "n1.fast", { ...raw, status }, "status");
  };
  return cluster;
};

const entriesOf = (cluster: TestCluster) =>
  nodeLocalStorages.parse(cluster.get("nodelocalstorages", "n1.fast")).spec.volumes;

const adoptData = `orphans adopt n1 fast ${volumeOf("data")} --yes`;

test("orphans shows what no entry names, and what has an entry and no PersistentVolume", async () => {
  const cluster = clusterWith({ persistentvolumes: [] });
  const { out, code } = await cluster.run("orphans");
  expect(code).toBe(0);
  expect(out).toMatchInlineSnapshot(`
    "NODE   GROUP   VOLUME          SIZE    CLAIM       STATE
    n1     fast    pvc-0000-data   2 GiB   shop/data   orphan
    n1     fast    pvc-0000-kept   1 GiB   shop/kept   halfway
    n1     fast    pvc-0000-logs   1 GiB   shop/logs   orphan"
  `);
  expect((await new TestCluster(healthyObjects()).run("orphans")).out).toBe("No orphans.");
});

test("adopt puts the entry back as the tags tell it, and makes a PersistentVolume for the claim's name", async () => {
  const cluster = clusterWith();
  const { out, code } = await cluster.run(adoptData);
  expect(code).toBe(0);
  expect(out).toBe("pvc-0000-data of n1 adopted for claim shop/data");
  expect(entriesOf(cluster)[1]).toEqual({
    name: volumeOf("data"),
    claim: { namespace: "shop", name: "data", uid: uidOf("data") },
    size: 2 * 2 ** 30,
  });
  const volume = cluster.get("persistentvolumes", volumeOf("data"));
  expect(volume).toMatchObject({
    metadata: {
      annotations: {
        "pv.kubernetes.io/provisioned-by": "lvm.stowage.dev",
        "stowage.dev/node-local-storage": "n1.fast",
        "stowage.dev/adopted": uidOf("data"),
      },
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

const collectData = `orphans collect n1 fast ${volumeOf("data")}`;

test("collect asks, and then adds a tombstone that takes no room", async () => {
  const cluster = clusterWith();
  const { out, err, code } = await cluster.run(collectData, "yes");
  expect(code).toBe(0);
  expect(err).toBe(
    "Remove logical volume pvc-0000-data (2 GiB for claim shop/data) from fast on n1? Its data is lost. [y/N] ",
  );
  expect(out).toBe("pvc-0000-data of n1 has its tombstone; the agent removes it");
  expect(entriesOf(cluster)[1]).toEqual({
    name: volumeOf("data"),
    claim: { namespace: "shop", name: "data", uid: uidOf("data") },
    size: 1,
    wipe: "zero",
    delete: true,
  });
});

test.for([
  { answer: "n", code: 6, err: "nothing was changed" },
  { answer: "", code: 6, err: "nothing was changed" },
  { answer: undefined, code: 6, err: "say --yes to go on without being asked" },
])("collect changes nothing when the answer is $answer", async ({ answer, code, err }) => {
  const cluster = clusterWith();
  const outcome = await cluster.run(collectData, answer);
  expect(outcome.code).toBe(code);
  expect(outcome.err).toContain(err);
  expect(entriesOf(cluster)).toHaveLength(1);
});

test.for([
  {
    what: "a volume that Stowage did not make",
    volume: "root",
    more: {},
    code: 5,
    err: "fast on n1 has no orphan root",
  },
  {
    what: "a volume that has its PersistentVolume",
    volume: volumeOf("kept"),
    more: {},
    code: 5,
    err: `fast on n1 has no orphan ${volumeOf("kept")}`,
  },
  {
    what: "a volume whose PersistentVolume stands",
    volume: volumeOf("data"),
    more: { persistentvolumes: [persistentVolume("data")] },
    code: 1,
    err: "PersistentVolume pvc-0000-data still stands for it",
  },
  {
    what: "a volume whose very claim stands",
    volume: volumeOf("data"),
    more: { persistentvolumeclaims: [claim("data")] },
    code: 1,
    err: "it belongs to claim shop/data, which still exists",
  },
])("collect refuses $what", async ({ volume, more, code, err }) => {
  const cluster = clusterWith(more);
  cluster.before = ({ method }) => expect(method).toBe("GET");
  const outcome = await cluster.run(`orphans collect n1 fast ${volume} --yes`);
  expect(outcome.code).toBe(code);
  expect(outcome.err).toContain(err);
});

test("collect leaves what has an entry: somebody may be adopting it", async () => {
  const cluster = clusterWith({ persistentvolumes: [] });
  const { code, err } = await cluster.run(`orphans collect n1 fast ${volumeOf("kept")} --yes`);
  expect(code).toBe(1);
  expect(err).toContain("spec.volumes has an entry for it");
  expect(entriesOf(cluster)[0]).not.toHaveProperty("delete");
});

test("of a claim of the same name with another uid nothing is taken", async () => {
  const cluster = clusterWith({
    persistentvolumeclaims: [claim("data", { uid: "1111", volume: "pvc-1111" })],
  });
  expect((await cluster.run(`${collectData} --yes`)).code).toBe(0);
});

/** Runs a command whose first write to the ledger meets an entry that somebody else just added. */
const overtakenBy = async (added: object, command: string): Promise<[TestCluster, number]> => {
  const cluster = clusterWith();
  let state: "no" | "yes" = "no";
  cluster.before = ({ method }) => {
    if (method === "GET" || state === "yes") return;
    state = "yes";
    const raw = cluster.get("nodelocalstorages", "n1.fast");
    const spec = { ...(raw?.["spec"] as object), volumes: [entry("kept"), added] };
    cluster.store.update("nodelocalstorages", "n1.fast", { ...raw, spec }, "main");
  };
  const { code } = await cluster.run(command);
  return [cluster, code];
};

test("an adoption that is overtaken by a collection is refused", async () => {
  const tombstone = entry("data", "2Gi", { delete: true });
  const [cluster, code] = await overtakenBy(tombstone, adoptData);
  expect(code).toBe(1);
  expect(entriesOf(cluster)).toHaveLength(2);
  expect(entriesOf(cluster)[1]).toMatchObject({ delete: true });
  expect(cluster.get("persistentvolumes", volumeOf("data"))).toBeUndefined();
});

test("a collection that is overtaken by an adoption is refused", async () => {
  const [cluster, code] = await overtakenBy(entry("data", "2Gi"), `${collectData} --yes`);
  expect(code).toBe(1);
  expect(entriesOf(cluster)).toHaveLength(2);
  expect(entriesOf(cluster)[1]).not.toHaveProperty("delete");
});

test("two adoptions of one volume at once end as one", async () => {
  const [cluster, code] = await overtakenBy(entry("data", "2Gi"), adoptData);
  expect(code).toBe(0);
  expect(entriesOf(cluster)).toHaveLength(2);
  expect(cluster.get("persistentvolumes", volumeOf("data"))).toBeDefined();
});

test("adopt and collect say what they want to know", async () => {
  expect((await clusterWith().run("orphans adopt")).err).toContain("or say --all");
  expect((await clusterWith().run("orphans adopt")).code).toBe(2);
  expect((await clusterWith().run("orphans collect n1")).code).toBe(2);
  expect((await clusterWith().run("orphans adopt n1 fast pvc-0000-dat")).err).toContain(
    "did you mean pvc-0000-data",
  );
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
