import type { Resource } from "@stowage/api";
import { nodeLocalStorages } from "@stowage/api";
import { VirtualClock } from "@stowage/clock";
import type { KubeClient } from "@stowage/kube";
import { expect, test } from "vitest";
import { Attempts } from "./attempts.ts";
import { carryOut } from "./carry-out.ts";
import { LedgerWriter } from "./ledger-writer.ts";
import { Metrics } from "./metrics.ts";
import { claimWith, groupWith, volumeName } from "./testing/objects.ts";

const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const never = (): never => {
  throw new Error("this is not asked for");
};

/** Clears selected-node, with the group's volumes as the API server has them; the claims patched. */
const cleared = async (volumes: readonly object[]): Promise<string[]> => {
  const patched: string[] = [];
  const client: KubeClient = {
    find: async <T>(resource: Resource<T>) =>
      resource.plural === nodeLocalStorages.plural
        ? (groupWith({ spec: { volumes } }) as T)
        : never(),
    patch: async <T>(resource: Resource<T>, { name }: { readonly name: string }) => {
      patched.push(`${resource.plural} ${name}`);
      return claimWith({}) as T;
    },
    get: never,
    list: never,
    create: never,
    replace: never,
    delete: never,
    watch: never,
  };
  const clock = new VirtualClock();
  const claim = claimWith({ selectedNode: "n1" });
  const hands = {
    client,
    log,
    ledger: new LedgerWriter({
      client,
      clock,
      log,
      signal: new AbortController().signal,
      cached: () => undefined,
    }),
    events: { emit: ignore, flush: () => Promise.resolve() },
    metrics: new Metrics(clock),
    storageClass: () => undefined,
    publishCapacity: () => Promise.resolve(),
    attempts: new Attempts(clock),
    forsake: ignore,
  };
  await carryOut({ kind: "clear_selected_node", claim, node: "n1", group: "n1.fast" }, hands);
  return patched;
};

test("selected-node stays while an entry that no cache has shown yet may still become a volume", async () => {
  const entry = { name: volumeName, size: "1Gi", pending: true };
  expect(await cleared([entry])).toEqual([]);
  expect(await cleared([{ ...entry, delete: true }])).toEqual(["persistentvolumeclaims data"]);
  expect(await cleared([])).toEqual(["persistentvolumeclaims data"]);
});
