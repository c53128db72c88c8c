import type { Bytes } from "../bytes.ts";
import { bytes } from "../bytes.ts";
import { fit } from "../fit.ts";
import type { Group, GroupState } from "../group.ts";
import { free, reservationLimit } from "../group.ts";
import { reserve } from "../reserve.ts";
import { NaiveGroup } from "./naive-group.ts";
import { randomFrom } from "./random.ts";

/** What the two disagree about; undefined if they never do. */
type Result = { readonly cases: number; readonly disagreement: string | undefined };

/** 4 MiB is LVM's own extent; 3 KiB and 1 byte are there to find roundings by powers of two. */
const extentSizes = [4 * 1024 ** 2, 3 * 1024, 1].map(bytes);
const states: readonly GroupState[] = [
  { kind: "ready" },
  { kind: "ready" },
  { kind: "ready" },
  { kind: "ready" },
  { kind: "cordoned" },
  { kind: "not_ready", message: "a device is missing" },
];

/**
 * Holds `fit`, `reserve` and `free` against the naive group: one case is one question with one to
 * three volumes, asked of a group that earlier questions have filled.
 */
export const checkFit = (options: { readonly cases: number; readonly seed: number }): Result => {
  const random = randomFrom(options.seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  let cases = 0;
  while (cases < options.cases) {
    const extents = below(40);
    const extentSize = extentSizes[below(extentSizes.length)] ?? bytes(1);
    const state = states[below(states.length)] ?? { kind: "ready" };
    // Some groups begin near their limit of volumes, with room to spare.
    const full = below(8) === 0 ? reservationLimit - below(4) : 0;
    let group: Group = {
      node: "n1",
      volumeGroup: "fast",
      state,
      extentSize,
      size: bytes((extents + full + 5) * extentSize),
      // What is left over of less than an extent helps nobody.
      allocatable: bytes((extents + full) * extentSize + below(extentSize)),
      reservations: Array.from({ length: full }, (_, index) => ({
        name: `old-${index}`,
        size: extentSize,
      })),
    };
    const naive = new NaiveGroup({
      extents,
      extentSize,
      state: state.kind,
      limit: reservationLimit - full,
    });
    for (let question = 0; question < 8 && cases < options.cases; question += 1) {
      cases += 1;
      const volumes = Array.from({ length: 1 + below(3) }, (_, index) => ({
        name: `v${question}-${index}`,
        size: someSize(below, extentSize),
      }));
      const sizes = volumes.map(({ size }) => size);
      const answer = fit(group, sizes);
      const placed = naive.place(volumes);
      const next = reserve(group, volumes);
      if ((answer.kind === "fits") !== placed || (next.kind === "reserved") !== placed) {
        const disagreement = JSON.stringify({ group, sizes, answer, next, placed });
        return { cases, disagreement };
      }
      if (next.kind === "reserved") group = next.group;
      const left = Math.floor(free(group) / extentSize);
      if (left !== naive.free()) {
        return { cases, disagreement: JSON.stringify({ group, left, naive: naive.free() }) };
      }
    }
  }
  return { cases, disagreement: undefined };
};

/** Whole extents, one byte more, one less, and anything in between. */
const someSize = (below: (limit: number) => number, extentSize: Bytes): Bytes => {
  const whole = (1 + below(12)) * extentSize;
  return bytes(
    Math.max(1, [whole, whole + 1, whole - 1, whole - below(extentSize)][below(4)] ?? 1),
  );
};
