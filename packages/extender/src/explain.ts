import type { Bytes, GroupState } from "@stowage/capacity";
import { bytes, describe, free, noBytes, roundUpToExtents } from "@stowage/capacity";
import type { AskedPod } from "./asked-pod.ts";
import type { Cluster } from "./cluster.ts";
import type { AdoptedVolume, Demand, GroupDemand, Wanted } from "./demand.ts";
import type { HoldKind, Room, Rooms } from "./ledger.ts";
import { judge } from "./placement.ts";
import type { Seat } from "./seats.ts";

/** One group's numbers on one node, all in bytes. */
type GroupArithmetic =
  | { readonly volumeGroup: string; readonly exists: false }
  | {
      readonly volumeGroup: string;
      readonly exists: true;
      readonly state: GroupState;
      readonly extentSize: Bytes;
      readonly size: Bytes;
      readonly allocatable: Bytes;
      /** Entries of spec.volumes, tombstones included, in whole extents. */
      readonly reserved: { readonly volumes: number; readonly size: Bytes };
      /** Room that other claims hold without an entry yet. */
      readonly held: readonly {
        readonly claim: string;
        readonly why: HoldKind;
        readonly size: Bytes;
      }[];
      /** allocatable less reserved less held. */
      readonly free: Bytes;
      readonly needs: readonly {
        readonly claim: string;
        readonly storageClass: string;
        readonly size: Bytes;
        /** In whole extents; nothing for a claim whose entry stands here already. */
        readonly takes: Bytes;
      }[];
    };

export type NodeExplanation = {
  readonly node: string;
  readonly verdict: "passed" | "refused";
  readonly code?: string;
  readonly reason?: string;
  /** Is the agent on the node able to make volumes there? */
  readonly agent: "ready" | "not_ready";
  readonly groups: readonly GroupArithmetic[];
};

export type Explanation = {
  readonly pod: string;
  readonly demand: "none" | "wanted" | "refused";
  /** Why no node at all is to be used, or why all are. */
  readonly reason?: string;
  /** Volumes that were adopted for claims of the pod: these hold it to their nodes and need no room. */
  readonly adopted: readonly ({ readonly claim: string } & AdoptedVolume)[];
  readonly nodes: readonly NodeExplanation[];
};

/** What a filter call for the pod would answer for every known node, with the numbers behind it. */
export const explain = (pod: AskedPod, demand: Demand, cluster: Cluster): Explanation => {
  const key = `${pod.namespace}/${pod.name}`;
  switch (demand.kind) {
    case "none":
      return {
        pod: key,
        demand: "none",
        reason: "no unbound claim of Stowage",
        adopted: [],
        nodes: [],
      };
    case "refused":
      return {
        pod: key,
        demand: "refused",
        reason: describe(demand.refusal),
        adopted: [],
        nodes: [],
      };
    case "wanted":
      return {
        pod: key,
        demand: "wanted",
        adopted: demand.adopted.flatMap(({ claim, volumes }) =>
          volumes.map((volume) => ({ claim, ...volume })),
        ),
        nodes: explainNodes(demand, cluster),
      };
  }
};

const explainNodes = (wanted: Wanted, cluster: Cluster): NodeExplanation[] => {
  const rooms = cluster.ledger.seenBy(wanted.own);
  return [...cluster.nodes()].map((seat) => explainNode(wanted, seat, rooms));
};

const explainNode = (wanted: Wanted, seat: Seat, rooms: Rooms): NodeExplanation => {
  const verdict = judge(wanted, seat, rooms);
  return {
    node: seat.name,
    verdict: verdict.kind,
    ...(verdict.kind === "refused"
      ? { code: verdict.refusal.code, reason: describe(verdict.refusal) }
      : {}),
    agent: seat.readyAgents.length > 0 ? "ready" : "not_ready",
    groups: wanted.groups.map((demand) => arithmetic(demand, rooms.room(demand.volumeGroup, seat))),
  };
};

const arithmetic = (
  { volumeGroup, needs }: GroupDemand,
  room: Room | undefined,
): GroupArithmetic => {
  if (room === undefined) return { volumeGroup, exists: false };
  const { brief: group, entries, holds, placed } = room;
  const inExtents = (size: Bytes): Bytes => roundUpToExtents(size, group.extentSize);
  return {
    volumeGroup,
    exists: true,
    state: group.state,
    extentSize: group.extentSize,
    size: group.size,
    allocatable: group.allocatable,
    reserved: {
      volumes: entries.count,
      size: bytes(entries.taken(group.extentSize)),
    },
    held: holds.map(({ claim, kind, reservation }) => ({
      claim,
      why: kind,
      size: inExtents(reservation.size),
    })),
    free: free(group),
    needs: needs.map(({ claim, storageClass, size, volume }) => ({
      claim,
      storageClass,
      size,
      takes: placed.includes(volume) ? noBytes : inExtents(size),
    })),
  };
};
