import type { Refusal } from "@stowage/capacity";
import { viewOfText } from "./byte-views.ts";

/** Why nodes are refused, as what follows a name in a JSON object: colon, string and comma. */
export type Reason = { readonly words: DataView; readonly length: number };

export const reasonOf = (text: string): Reason => {
  const words = viewOfText(`:${JSON.stringify(text)},`);
  return { words, length: words.byteLength };
};

/** What a filter call comes to, node by node in the order in which they were asked for. */
export type Outcome = {
  /** For each place 0 if the node passed, else its reason's place in `reasons`, counted from 1. */
  readonly verdicts: Int32Array;
  readonly reasons: readonly Reason[];
  readonly refused: number;
  readonly byCode: ReadonlyMap<Refusal["code"], number>;
};

const nothing = new Int32Array(0);

export const allPass: Outcome = {
  verdicts: nothing,
  reasons: [],
  refused: 0,
  byCode: new Map(),
};
