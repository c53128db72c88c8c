import { expect, test } from "vitest";
import { claim, persistentVolume, uidOf, volumeOf } from "../testing/objects.ts";
import { clusterWith, collectData, entriesOf } from "./testing/orphaned.ts";

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
