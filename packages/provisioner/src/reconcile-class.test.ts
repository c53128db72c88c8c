import type { Resource, StorageClass } from "@stowage/api";
import type { KubeClient } from "@stowage/kube";
import { expect, test } from "vitest";
import type { ClassEdge } from "./reconcile-class.ts";
import { reconcileClass } from "./reconcile-class.ts";
import { storageClassWith } from "./testing/objects.ts";

const ignore = (): void => undefined;
const never = (): never => {
  throw new Error("this is not asked for");
};

const known = storageClassWith({
  parameters: { volumeGroup: "fast", nodes: '[{"node":"n1","devices":["/dev/sdb"]}]' },
});

/** The edge of a provisioner that knows the class, and what it made at the API server. */
const edgeWith = (
  atServer: StorageClass | undefined,
): { edge: ClassEdge; made: readonly string[] } => {
  const made: string[] = [];
  const client: KubeClient = {
    find: async <T>() => atServer as T | undefined,
    create: async <T>(resource: Resource<T>, object: object) => {
      made.push(resource.plural);
      return object as T;
    },
    get: never,
    list: never,
    patch: never,
    replace: never,
    delete: never,
    watch: never,
  };
  const edge: ClassEdge = {
    client,
    caches: { storageClasses: { get: () => known }, groups: { list: () => [].values() } },
    events: { emit: ignore, flush: () => Promise.resolve() },
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
  };
  return { edge, made };
};

test.for([
  { name: "is there", atServer: known, expected: ["nodelocalstorages"] },
  { name: "is gone already, whatever the cache says", atServer: undefined, expected: [] },
  {
    name: "was made anew, and is for its own event to tell of",
    atServer: { ...known, metadata: { ...known.metadata, uid: "another" } },
    expected: [],
  },
])("the groups of a class that $name: $expected", async ({ atServer, expected }) => {
  const { edge, made } = edgeWith(atServer);
  await reconcileClass("fast", edge);
  expect(made).toEqual(expected);
});
