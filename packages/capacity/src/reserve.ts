import { fit } from "./fit.ts";
import type { Group, Reservation } from "./group.ts";
import type { Refusal } from "./refusal.ts";

/** Promises room to all of `wanted` or to none of them. */
export const reserve = (
  group: Group,
  wanted: readonly Reservation[],
):
  | { readonly kind: "reserved"; readonly group: Group }
  | { readonly kind: "refused"; readonly refusal: Refusal } => {
  const answer = fit(
    group,
    wanted.map(({ size }) => size),
  );
  if (answer.kind === "refused") return answer;
  return {
    kind: "reserved",
    group: { ...group, reservations: [...group.reservations, ...wanted] },
  };
};
