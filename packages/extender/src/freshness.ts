import type { Milliseconds } from "@stowage/clock";

/** How well the caches tell the present. */
export type Freshness =
  | { readonly kind: "live" }
  /** Never synced yet: what is missing from the caches may exist. */
  | { readonly kind: "syncing"; readonly waitingFor: readonly string[] }
  /** The watch is cut; the last state is `age` old. */
  | {
      readonly kind: "stale";
      readonly what: string;
      readonly why: string;
      readonly age: Milliseconds;
    };

/** The extender cannot answer for pods with claims of Stowage now. */
export class Unavailable extends Error {
  readonly statusCode = 503;
  readonly code: "syncing" | "stale";

  constructor(code: "syncing" | "stale", message: string) {
    super(message);
    this.code = code;
  }
}

/** Why no placement may be based on the caches; undefined while one may. */
export const unavailability = (
  freshness: Freshness,
  staleLimit: Milliseconds,
): Unavailable | undefined => {
  if (freshness.kind === "live") return undefined;
  if (freshness.kind === "syncing") {
    return new Unavailable(
      "syncing",
      `the caches are not filled yet (${freshness.waitingFor.join(", ")}); if this lasts, check the extender's access to the API server`,
    );
  }
  const { what, why, age } = freshness;
  if (age <= staleLimit) return undefined;
  return new Unavailable(
    "stale",
    `the cache of ${what} is ${Math.floor(age / 1000)} s old, more than the ${staleLimit / 1000} s allowed: ${why}; check the extender's access to the API server`,
  );
};
