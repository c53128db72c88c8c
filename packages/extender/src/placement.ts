import { allowsNode } from "@stowage/api";
import type { Refusal } from "@stowage/capacity";
import { fit } from "@stowage/capacity";
import type { GroupDemand, Wanted } from "./demand.ts";
import type { Room, Rooms } from "./ledger.ts";
import { ledgerFor } from "./ledger.ts";
import type { Seat } from "./seats.ts";

/** One group on one node, and what is still to be placed in it. */
type Part = {
  readonly room: Room;
  readonly demand: GroupDemand;
};

export type Verdict =
  | { readonly kind: "passed"; readonly parts: readonly Part[] }
  | { readonly kind: "refused"; readonly refusal: Refusal };

const refused = (refusal: Refusal): Verdict => ({ kind: "refused", refusal });

/**
 * Whether all that is wanted fits on the node together, group by group; the first reason if not,
 * the lasting ones before the passing ones.
 */
export const judge = (wanted: Wanted, seat: Seat, rooms: Rooms): Verdict => {
  const elsewhere = adoptedElsewhere(wanted, seat);
  if (elsewhere !== undefined) return refused(elsewhere);
  const outside = topologyRefusal(wanted, seat);
  if (outside !== undefined) return refused(outside);
  const parts: Part[] = [];
  for (const demand of wanted.groups) {
    const room = rooms.room(demand.volumeGroup, seat);
    if (room === undefined) return refused({ code: "no_group", volumeGroup: demand.volumeGroup });
    parts.push({ room, demand: stillNeeded(demand, room) });
  }
  // What was adopted is there already, and mounts without Stowage.
  if (parts.length > 0 && seat.readyAgents.length === 0) {
    return refused({ code: "agent_not_ready", node: seat.name });
  }
  for (const { room, demand } of parts) {
    // A cordon keeps new volumes out; one that has its entry already is not new.
    if (demand.sizes.length === 0 && room.brief.state.kind === "cordoned") continue;
    const answer = fit(ledgerFor(room, demand.sizes.length), demand.sizes);
    if (answer.kind === "refused") return answer;
  }
  return { kind: "passed", parts };
};

const adoptedElsewhere = ({ adopted }: Wanted, { name }: Seat): Refusal | undefined => {
  const away = adopted.find(({ volumes }) => volumes.every(({ node }) => node !== name));
  if (away === undefined) return undefined;
  const nodes = [...new Set(away.volumes.map(({ node }) => node))].toSorted();
  return { code: "adopted_elsewhere", claim: away.claim, nodes };
};

const topologyRefusal = ({ restricted }: Wanted, seat: Seat): Refusal | undefined => {
  if (restricted.length === 0) return undefined;
  const labels = seat.node?.labels;
  if (labels === undefined) return { code: "node_gone", node: seat.name };
  const closed = restricted.find((storageClass) => !allowsNode(storageClass, labels));
  return closed === undefined
    ? undefined
    : { code: "topology", storageClass: closed.metadata.name };
};

/**
 * A claim whose entry stands in the group has its room there already. A tombstone of the same claim
 * is no such entry: its volume is still there and the next one needs room beside it.
 */
const stillNeeded = (demand: GroupDemand, { placed }: Room): GroupDemand => {
  if (placed.length === 0) return demand;
  const needs = demand.needs.filter(({ volume }) => !placed.includes(volume));
  return { ...demand, needs, sizes: needs.map(({ size }) => size) };
};
