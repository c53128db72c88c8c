import type { Random } from "@stowage/test-simulation";

/* What one claim and its pod go through, as data. */

export type Step =
  /** A file, or a part of the device, that nothing is written to again. */
  | { readonly kind: "write"; readonly mebibytes: number }
  /** All that was written is read and compared. */
  | { readonly kind: "read" }
  | { readonly kind: "grow"; readonly mebibytes: number }
  /** The pod goes and another one comes. */
  | { readonly kind: "move" };

export type Life = {
  readonly binding: "first_consumer" | "immediate";
  readonly mode: "Filesystem" | "Block";
  readonly mebibytes: number;
  readonly steps: readonly Step[];
  readonly end: "together" | "pod_first" | "claim_first";
};

const step = (random: Random): Step => {
  const chance = random.next();
  if (chance < 0.45) return { kind: "write", mebibytes: 1 + random.below(4) };
  if (chance < 0.7) return { kind: "read" };
  if (chance < 0.85) return { kind: "grow", mebibytes: 4 + random.below(60) };
  return { kind: "move" };
};

/** The lives of one tenant, one after the other. */
export const lives = function* (random: Random): Generator<Life, never> {
  for (;;) {
    yield {
      binding: random.isOneIn(4) ? "immediate" : "first_consumer",
      mode: random.isOneIn(3) ? "Block" : "Filesystem",
      // Now and then one that may fit nowhere.
      mebibytes: random.isOneIn(8) ? 400 + random.below(400) : 32 + random.below(160),
      steps: [
        { kind: "write", mebibytes: 1 + random.below(4) },
        ...Array.from({ length: 2 + random.below(8) }, () => step(random)),
      ],
      end: random.pick(["together", "pod_first", "claim_first"] as const) ?? "together",
    };
  }
};
