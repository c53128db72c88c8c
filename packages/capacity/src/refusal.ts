import type { Bytes } from "./bytes.ts";
import { show, showNeed } from "./bytes.ts";

/** Why a node cannot take a volume. Data, so that it reads the same in extender, event and CLI. */
export type Refusal =
  | { readonly code: "no_group"; readonly volumeGroup: string }
  | {
      readonly code: "no_room";
      readonly volumeGroup: string;
      readonly need: Bytes;
      readonly free: Bytes;
      /** Of the group: what is neither free nor booked is reserved, or not Stowage's. */
      readonly size: Bytes;
      /** What volumes and promises take. */
      readonly booked: Bytes;
      /** How many volumes `need` is for. */
      readonly volumes: number;
    }
  | { readonly code: "list_full"; readonly volumeGroup: string; readonly limit: number }
  | { readonly code: "cordoned"; readonly volumeGroup: string }
  | {
      readonly code: "group_not_ready";
      readonly node: string;
      readonly volumeGroup: string;
      readonly message: string;
    }
  | { readonly code: "agent_not_ready"; readonly node: string }
  | { readonly code: "group_gone"; readonly name: string }
  | { readonly code: "node_gone"; readonly node: string }
  | {
      readonly code: "adopted_elsewhere";
      readonly claim: string;
      /** Where the volumes are of which the claim gets one. */
      readonly nodes: readonly string[];
    }
  | { readonly code: "topology"; readonly storageClass: string }
  | { readonly code: "class_invalid"; readonly storageClass: string; readonly problem: string }
  | { readonly code: "claim_invalid"; readonly claim: string; readonly problem: string }
  | { readonly code: "claim_deleting"; readonly claim: string }
  | { readonly code: "claim_not_owned"; readonly claim: string; readonly pod: string };

/** Compiles only while every member of a union has been handled. */
export const unreachable = (value: never): never => {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
};

type NoRoom = Extract<Refusal, { code: "no_room" }>;

/** The half of a `no_room` that is the same for all nodes with the same extents. */
export const describeNeed = (wanted: Pick<NoRoom, "need" | "volumeGroup" | "volumes">): string =>
  `needs ${showNeed(wanted.need)} in ${wanted.volumeGroup}${wanted.volumes > 1 ? ` for ${wanted.volumes} volumes` : ""}`;

/** The half of a `no_room` that is the same for all who ask about one group on one node. */
export const describeRoom = (room: Pick<NoRoom, "free" | "size" | "booked">): string =>
  `${show(room.free)} free of ${show(room.size)} (${show(room.booked)} booked)`;

/** In place of that half, what is true of many nodes. */
export const describeRooms = (most: Bytes): string => `at most ${show(most)} free`;

/**
 * The refusal in words an admin can act on. The node's name appears only where the scheduler's
 * message would not say it: it puts equal words of several nodes into one.
 */
export const describe = (refusal: Refusal): string => {
  switch (refusal.code) {
    case "no_group":
      return `no volume group ${refusal.volumeGroup}`;
    case "no_room":
      return `${describeNeed(refusal)}, ${describeRoom(refusal)}`;
    case "list_full":
      return `${refusal.volumeGroup} already holds its limit of ${refusal.limit} volumes`;
    case "cordoned":
      return `volume group ${refusal.volumeGroup} is cordoned`;
    case "group_not_ready":
      return `volume group ${refusal.volumeGroup} is not ready: ${refusal.message}`;
    case "agent_not_ready":
      return "the Stowage agent on the node is not ready";
    case "group_gone":
      return `NodeLocalStorage ${refusal.name} no longer exists`;
    case "node_gone":
      return `node ${refusal.node} no longer exists`;
    case "adopted_elsewhere":
      return refusal.nodes.length === 1
        ? `the volume adopted for claim ${refusal.claim} is on node ${refusal.nodes.join("")}`
        : `the volumes adopted for claim ${refusal.claim} are on nodes ${refusal.nodes.join(", ")}`;
    case "topology":
      return `the node is outside the allowedTopologies of class ${refusal.storageClass}`;
    case "class_invalid":
      return `the parameters of class ${refusal.storageClass} are invalid: ${refusal.problem}`;
    case "claim_invalid":
      return `claim ${refusal.claim} cannot be read: ${refusal.problem}`;
    case "claim_deleting":
      return `claim ${refusal.claim} is being deleted`;
    case "claim_not_owned":
      return `claim ${refusal.claim} was not made for pod ${refusal.pod}; delete or rename one of them`;
    default:
      return unreachable(refusal);
  }
};
