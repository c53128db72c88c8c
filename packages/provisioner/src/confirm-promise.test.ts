import type { Claim, NodeLocalStorage } from "@stowage/api";
import { VirtualClock } from "@stowage/clock";
import type { KubeClient } from "@stowage/kube";
import { expect, test } from "vitest";
import { Attempts } from "./attempts.ts";
import { isPersistentVolumeConfirmed, isPromiseConfirmed } from "./confirm-promise.ts";
import {
  claimWith,
  persistentVolumeWith,
  storageClassWith,
  volumeName,
} from "./testing/objects.ts";
import { buried, holding, pendingEntry, placed } from "./testing/seen.ts";
import { wishOf } from "./wish.ts";

const ready = { state: "Ready", size: "1Gi" };
const promised = holding(pendingEntry, ready);

/** Whether the promise is confirmed by what the API server has, and how often that was asked. */
const confirm = async (
  group: NodeLocalStorage | undefined,
  claim: Claim | undefined,
  attempts = new Attempts(new VirtualClock(), []),
): Promise<{ readonly confirmed: boolean; readonly reads: number }> => {
  let reads = 0;
  const client = {
    find: async ({ plural }: { readonly plural: string }) => {
      reads += 1;
      return plural === "nodelocalstorages" ? group : claim;
    },
  } as object as KubeClient;
  const wish = wishOf(placed, storageClassWith());
  const [entry] = promised.spec.volumes;
  if (wish.kind !== "volume" || entry === undefined) throw new Error("the claim is placed");
  const made = { group: promised, entry, status: promised.status.volumes[0] };
  const step = { kind: "create_persistent_volume", wish, made, hostname: "n1" } as const;
  return { confirmed: await isPromiseConfirmed(step, { client, attempts }), reads };
};

test.for([
  { is: "as it was seen", group: promised, claim: placed, confirmed: true },
  {
    is: "dropped",
    group: holding({ name: "other", size: "1Gi" }),
    claim: placed,
    confirmed: false,
  },
  {
    is: "a tombstone",
    group: holding(buried(pendingEntry), ready),
    claim: placed,
    confirmed: false,
  },
  { is: "promised anew", group: holding(pendingEntry), claim: placed, confirmed: false },
  { is: "without its ledger", group: undefined, claim: placed, confirmed: false },
  { is: "without its claim", group: promised, claim: undefined, confirmed: false },
  {
    is: "placed elsewhere",
    group: promised,
    claim: claimWith({ selectedNode: "n2" }),
    confirmed: false,
  },
])("an earlier leader's attempt that is $is is confirmed: $confirmed", async (given) => {
  expect((await confirm(given.group, given.claim)).confirmed).toBe(given.confirmed);
});

test("of an attempt of one's own nothing is asked, until it has ended", async () => {
  const attempts = new Attempts(new VirtualClock(), [volumeName]);
  attempts.promise(volumeName);
  expect(await confirm(undefined, undefined, attempts)).toEqual({ confirmed: true, reads: 0 });
  attempts.fail(volumeName);
  expect((await confirm(undefined, undefined, attempts)).confirmed).toBe(false);
});

/** Whether `volume`, at the API server, is the one of that ledger. */
const found = async (volume: object | undefined, group: string): Promise<boolean> => {
  const client = { find: async () => volume } as object as KubeClient;
  const attempts = new Attempts(new VirtualClock(), []);
  return isPersistentVolumeConfirmed({ group, volume: volumeName }, { client, attempts });
};

test("a PersistentVolume that an earlier leader made is one only if the API server has it for that ledger", async () => {
  const volume = persistentVolumeWith({});
  expect(await found(volume, volume.group ?? "")).toBe(true);
  expect(await found(volume, "n9.fast")).toBe(false);
  expect(await found(undefined, "n1.fast")).toBe(false);
});
