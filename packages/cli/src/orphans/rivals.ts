import { Failure } from "../failure.ts";
import type { OrphanRow } from "./orphans-view.ts";

/**
 * Of several volumes that were made for claims of one name, which may be of different times, only a
 * person can say whose data the next claim is to get.
 * @throws Failure where there are others beside this one.
 */
export const refuseRivals = ({ volume, claim }: OrphanRow, orphans: readonly OrphanRow[]): void => {
  if (claim === undefined) return;
  const rivals = orphans.filter(
    (other) => other.claim?.namespace === claim.namespace && other.claim.name === claim.name,
  );
  if (rivals.length < 2) return;
  const where = rivals.map((rival) => `${rival.volume} on ${rival.node}`).join(", ");
  throw new Failure(
    "no",
    `${volume} is not adopted: ${rivals.length} volumes were made for claim ${claim.namespace}/${claim.name}: ${where}`,
    "name the one with the data that the claim needs: kubectl stowage orphans adopt <node> <group> <volume>",
  );
};
