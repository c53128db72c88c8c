import type { Claim, NodeLocalStorage, StorageClass } from "@stowage/api";
import { free, gib } from "@stowage/capacity";
import fc from "fast-check";
import { expect, test } from "vitest";
import { agentOf, claimOf, storageOf } from "./cached.ts";
import { Cluster } from "./cluster.ts";
import type { Own } from "./ledger.ts";
import { agentPod, claim, storage, storageClass } from "./testing/objects.ts";

const nodes = ["n1", "n2"];
const names = ["a", "b", "c"];
const anyNode = fc.constantFrom(...nodes);
const anyName = fc.constantFrom(...names);
const kind = fc.constantFrom("seen" as const, "seen" as const, "gone" as const);

const anyVolume = fc.record({
  uid: anyName.map((name) => `uid-${name}`),
  size: fc.constant(gib(1)),
  delete: fc.constantFrom(undefined, true as const),
});

const anyStorage = fc
  .record({
    node: anyNode,
    volumes: fc.uniqueArray(anyVolume, { selector: ({ uid }) => uid, maxLength: 3 }),
  })
  .map(({ node, volumes }) =>
    storage({
      node,
      volumes: volumes.map(({ uid, size, delete: tombstone }) =>
        tombstone === undefined ? { uid, size } : { uid, size, delete: tombstone },
      ),
    }),
  );

const anyClaim = fc
  .record({ name: anyName, on: fc.constantFrom(undefined, ...nodes), bound: fc.boolean() })
  .map(({ name, on, bound }) =>
    claim({
      name,
      volumeName: bound ? "pvc-x" : "",
      ...(on === undefined ? {} : { selectedNode: on }),
    }),
  );

const anyClass = fc
  .constantFrom("fast", "other", undefined)
  .map((volumeGroup) =>
    volumeGroup === undefined
      ? storageClass({ parameters: { misspelt: "yes" } })
      : storageClass({ volumeGroup }),
  );

type Step =
  | { readonly of: "storage"; readonly kind: "seen" | "gone"; readonly object: NodeLocalStorage }
  | { readonly of: "claim"; readonly kind: "seen" | "gone"; readonly object: Claim }
  | { readonly of: "class"; readonly kind: "seen" | "gone"; readonly object: StorageClass };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ of: fc.constant("storage" as const), kind, object: anyStorage }),
  fc.record({ of: fc.constant("claim" as const), kind, object: anyClaim }),
  fc.record({ of: fc.constant("class" as const), kind, object: anyClass }),
);

const take = (cluster: Cluster, step: Step): void => {
  if (step.of === "storage") cluster.seeStorage({ ...step, object: storageOf(step.object) });
  else if (step.of === "claim") cluster.seeClaim({ ...step, object: claimOf(step.object) });
  else cluster.seeClass(step);
};

/** What each group has promised to others, as seen by nobody and by each claim. */
const promised = (cluster: Cluster): unknown =>
  [undefined, ...names].flatMap((name) => {
    const own: Own =
      name === undefined
        ? { claims: [], volumes: [] }
        : { claims: [`shop/${name}`], volumes: [`pvc-uid-${name}`] };
    const rooms = cluster.ledger.seenBy(own);
    return nodes.map((node) => {
      const room = rooms.room("fast", cluster.seats.take(node));
      return {
        name,
        node,
        free: room === undefined ? undefined : free(room.brief),
        placed: room?.placed,
        entries: room?.entries.names().toSorted(),
        holds: room?.holds.map(({ claim: key }) => key).toSorted(),
      };
    });
  });

test("rooms kept up change by change are those of a cluster seen for the first time", () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 30 }), (steps) => {
      const kept = new Cluster();
      const last = new Map<string, Step>();
      for (const step of steps) {
        take(kept, step);
        // Rooms are remembered once asked for: ask each time, so that a stale one would show.
        promised(kept);
        last.set(`${step.of} ${step.object.metadata.name}`, step);
      }
      const fresh = new Cluster();
      for (const step of [...last.values()].toReversed()) {
        if (step.kind === "seen") take(fresh, step);
      }
      expect(promised(kept)).toEqual(promised(fresh));
    }),
    { numRuns: 300 },
  );
});

test("a node has an agent while any of its agent pods is ready", () => {
  const cluster = new Cluster();
  const isReady = (): boolean => (cluster.seats.get("n1")?.readyAgents.length ?? 0) > 0;
  const old = agentPod("n1");
  const next = { ...old, metadata: { ...old.metadata, name: "agent-n1-next" } };
  expect(isReady()).toBe(false);
  cluster.seeAgent({ kind: "seen", object: agentOf(old) });
  cluster.seeAgent({ kind: "seen", object: agentOf(next) });
  cluster.seeAgent({ kind: "gone", object: agentOf(old) });
  expect(isReady()).toBe(true);
  const leaving = { ...next.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
  cluster.seeAgent({ kind: "seen", object: agentOf({ ...next, metadata: leaving }) });
  expect(isReady()).toBe(false);
});
