import type { Claim, Resource } from "@stowage/api";
import { claims, nodeLocalStorages, persistentVolumes } from "@stowage/api";
import { minutes, VirtualClock } from "@stowage/clock";
import type { KubeClient } from "@stowage/kube";
import { expect, test } from "vitest";
import { Attempts } from "./attempts.ts";
import type { Hands } from "./hands.ts";
import { carryOut } from "./carry-out.ts";
import { entryOf } from "./entry-of.ts";
import { LedgerWriter } from "./ledger-writer.ts";
import { Metrics } from "./metrics.ts";
import { claimWith, groupWith, storageClassWith, volumeName } from "./testing/objects.ts";
import { wishOf } from "./wish.ts";

const ignore = (): void => undefined;
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const never = (): never => {
  throw new Error("this is not asked for");
};

const claim = claimWith({ selectedNode: "n1" });

/**
 * The hands, with the group's volumes and the claim as the API server has them, and what was patched
 * by them.
 */
const handsOn = (
  volumes: readonly object[],
  current: Claim | "none" = claim,
  inherited: readonly string[] = [],
): { hands: Hands; patched: readonly string[] } => {
  const patched: string[] = [];
  const client: KubeClient = {
    find: async <T>(resource: Resource<T>) => {
      if (resource.plural === persistentVolumes.plural) return undefined;
      if (resource.plural === claims.plural)
        return (current === "none" ? undefined : current) as T | undefined;
      return resource.plural === nodeLocalStorages.plural
        ? (groupWith({ spec: { volumes } }) as T)
        : never();
    },
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
  const hands = {
    client,
    log,
    ledger: new LedgerWriter({
      client,
      clock,
      log,
      signal: new AbortController().signal,
      cached: () => undefined,
      judged: (object) => object,
    }),
    events: { emit: ignore, flush: () => Promise.resolve() },
    metrics: new Metrics(clock),
    storageClass: () => undefined,
    publishCapacity: () => Promise.resolve(),
    attempts: new Attempts(clock, inherited),
    busy: new Set<string>(),
    wake: ignore,
    forsake: ignore,
  };
  return { hands, patched };
};

/** Clears selected-node; the claims that were patched. */
const cleared = async (volumes: readonly object[]): Promise<readonly string[]> => {
  const { hands, patched } = handsOn(volumes);
  await carryOut({ kind: "clear_selected_node", claim, node: "n1", group: "n1.fast" }, hands);
  return patched;
};

test("selected-node stays while an entry that no cache has shown yet may still become a volume", async () => {
  const entry = { name: volumeName, size: "1Gi", pending: true };
  expect(await cleared([entry])).toEqual([]);
  expect(await cleared([{ ...entry, delete: true }])).toEqual(["persistentvolumeclaims data"]);
  expect(await cleared([])).toEqual(["persistentvolumeclaims data"]);
});

test("a claim whose elected node has no room after all is looked at again: nobody else would", async () => {
  const { hands } = handsOn([{ name: "other", size: "10Gi" }]);
  const wish = wishOf(claim, storageClassWith());
  if (wish.kind !== "volume") throw new Error("the claim is placed");
  const step = {
    kind: "reserve",
    group: "n1.fast",
    entries: [entryOf(wish)],
    promised: [],
  } as const;
  const elected = { ...wish, chosenBy: "election" } as const;
  expect(await carryOut({ ...step, wishes: [elected] }, hands)).toBe("look_again");
  expect(await carryOut({ ...step, wishes: [wish] }, hands)).toBe("stop");
});

test("room is not promised to a claim whose node is being cleared for its pod's other claim, nor its entry put back", async () => {
  const { hands, patched } = handsOn([]);
  const wish = wishOf(claim, storageClassWith());
  if (wish.kind !== "volume") throw new Error("the claim is placed");
  const group = "n1.fast";
  const entry = entryOf(wish);
  const clearing = carryOut({ kind: "clear_selected_node", claim, node: "n1", group }, hands);
  const reserve = {
    kind: "reserve",
    group,
    wishes: [wish],
    promised: [],
    entries: [entry],
  } as const;
  expect(await carryOut(reserve, hands)).toBe("look_again");
  expect(await carryOut({ kind: "restore", group, entry, wish }, hands)).toBe("look_again");
  await clearing;
  expect(patched).toEqual(["persistentvolumeclaims data"]);
});

const reservationFor = (wish: Extract<ReturnType<typeof wishOf>, { kind: "volume" }>) =>
  ({
    kind: "reserve",
    group: "n1.fast",
    wishes: [wish],
    entries: [entryOf(wish)],
    promised: [],
  }) as const;

test.for([
  { now: claimWith({}), is: "whose node was cleared" },
  { now: claimWith({ selectedNode: "n2" }), is: "that was placed elsewhere" },
  { now: claimWith({ selectedNode: "n1", metadata: { uid: "another" } }), is: "made anew" },
  {
    now: claimWith({ selectedNode: "n1", metadata: { deletionTimestamp: "2026-01-01T00:00:00Z" } }),
    is: "that is deleted",
  },
  { now: claimWith({ selectedNode: "n1", spec: { volumeName: "bound" } }), is: "that is bound" },
  { now: "none", is: "that is gone" },
] as const)(
  "room is not promised to a claim that was sent away and now is one $is, whatever the caches still show",
  async ({ now }) => {
    const { hands, patched } = handsOn([], now);
    hands.attempts.fail(volumeName);
    const wish = wishOf(claim, storageClassWith());
    if (wish.kind !== "volume") throw new Error("the claim is placed");
    expect(await carryOut(reservationFor(wish), hands)).toBe("look_again");
    expect(patched).toEqual([]);
  },
);

test("nor to one that an earlier leader may have sent away", async () => {
  const wish = wishOf(claim, storageClassWith());
  if (wish.kind !== "volume") throw new Error("the claim is placed");
  const step = { kind: "reserve", group: "n1.fast", wishes: [wish], promised: [] } as const;
  const entries = [entryOf(wish)];
  const led = handsOn([], claimWith({}), [volumeName]);
  expect(await carryOut({ ...step, entries }, led.hands)).toBe("look_again");
  expect(led.patched).toEqual([]);
  const fresh = handsOn([], claimWith({}));
  expect(await carryOut({ ...step, entries }, fresh.hands)).toBe("go_on");
});

test("room is this leader's promise only if it wrote that, whatever the caches showed before", async () => {
  const wish = wishOf(claim, storageClassWith());
  if (wish.kind !== "volume") throw new Error("the claim is placed");
  const reserve = reservationFor(wish);
  const first = handsOn([]);
  expect(await carryOut(reserve, first.hands)).toBe("go_on");
  expect(first.hands.attempts.isOwn(volumeName)).toBe(true);
  const second = handsOn([{ name: volumeName, size: "1Gi", pending: true }]);
  expect(await carryOut(reserve, second.hands)).toBe("go_on");
  expect(second.hands.attempts.isOwn(volumeName)).toBe(false);
});

test("nor is an entry put back for it, though its logical volume is there", async () => {
  const wish = wishOf(claim, storageClassWith());
  if (wish.kind !== "volume") throw new Error("the claim is placed");
  const step = { kind: "restore", group: "n1.fast", entry: entryOf(wish), wish } as const;
  const { hands, patched } = handsOn([], claimWith({}));
  hands.attempts.fail(volumeName);
  expect(await carryOut(step, hands)).toBe("look_again");
  expect(patched).toEqual([]);
  const standing = handsOn([]);
  standing.hands.attempts.fail(volumeName);
  expect(await carryOut(step, standing.hands)).toBe("go_on");
  expect(standing.patched).toEqual(["nodelocalstorages n1.fast"]);
});

const inTrouble = () => Promise.reject(new Error("the server is in trouble"));

test("a volume that could not be settled is looked at again", async () => {
  const woken: string[] = [];
  const { hands } = handsOn([{ name: volumeName, size: "1Gi", pending: true }]);
  const client = { ...hands.client, patch: inTrouble };
  const clock = new VirtualClock();
  const { signal } = new AbortController();
  const ledger = new LedgerWriter({
    client,
    clock,
    log,
    signal,
    cached: () => undefined,
    judged: (object) => object,
  });
  const wake = (volume: string): void => void woken.push(volume);
  hands.attempts.promise(volumeName);
  await carryOut(
    { kind: "settle", group: "n1.fast", volume: volumeName },
    { ...hands, ledger, wake },
  );
  expect(woken).toEqual([]);
  await clock.advance(minutes(1));
  expect(woken).toEqual([volumeName]);
});
