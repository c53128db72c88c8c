import type { Claim } from "@stowage/api";
import type { KubeClient, Patch } from "@stowage/kube";
import { KubeError } from "@stowage/kube";
import { expect, test } from "vitest";
import { clearSelectedNode, isGivenUp } from "./selected-node.ts";
import { claimWith, volumeName } from "./testing/objects.ts";

const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

const placed = (resourceVersion: string, more: object = {}): Claim =>
  claimWith({ selectedNode: "n1", metadata: { resourceVersion }, ...more });

/** Clears the claim of version 1 where the API server has `current`; the versions that were tested. */
const clear = async (
  current: Claim | undefined,
): Promise<{ readonly tested: readonly unknown[]; readonly cleared: boolean }> => {
  const tested: unknown[] = [];
  let cleared = false;
  const client = {
    find: () => Promise.resolve(current),
    patch: async (_resource: unknown, _name: unknown, patch: Patch) => {
      const version = (patch.kind === "json" ? patch.operations : []).find(
        ({ path }) => path === "/metadata/resourceVersion",
      );
      const value = version?.op === "test" ? version.value : undefined;
      tested.push(value);
      if (value !== current?.metadata.resourceVersion) throw new KubeError("invalid", "a test");
      cleared = true;
      return current;
    },
  } as object as KubeClient;
  await clearSelectedNode({ claim: placed("1"), node: "n1" }, { client, log });
  return { tested, cleared };
};

test("a claim is cleared over a change of something else", async () => {
  expect(await clear(placed("1"))).toEqual({ tested: ["1"], cleared: true });
  expect(await clear(placed("2"))).toEqual({ tested: ["1", "2"], cleared: true });
});

test.for([
  { is: "placed elsewhere", current: claimWith({ selectedNode: "n2" }) },
  { is: "cleared already", current: claimWith({}) },
  { is: "another one of the name", current: placed("2", { metadata: { uid: "another" } }) },
  { is: "bound", current: placed("2", { spec: { volumeName: "pvc-a" } }) },
  { is: "gone", current: undefined },
] as const)("a claim that is $is is left so", async ({ current }) => {
  expect(await clear(current)).toEqual({ tested: ["1"], cleared: false });
});

const promise = { name: volumeName };

test.for([
  { there: "nothing", volumes: [], givenUp: true },
  { there: "a promised entry", volumes: [promise], givenUp: false },
  { there: "a tombstone", volumes: [{ ...promise, delete: true }], givenUp: true },
  {
    there: "a PersistentVolume whose entry was taken out by hand",
    volumes: [],
    persistentVolume: {},
    givenUp: false,
  },
])("with $there at the API server, an attempt is given up: $givenUp", async (given) => {
  const { volumes, persistentVolume, givenUp } = given;
  const client = {
    find: async ({ plural }: { readonly plural: string }) =>
      plural === "persistentvolumes" ? persistentVolume : { spec: { volumes } },
  } as object as KubeClient;
  expect(await isGivenUp({ claim: placed("1"), group: "n1.fast" }, { client, log })).toBe(givenUp);
});
