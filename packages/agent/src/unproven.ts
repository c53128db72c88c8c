import type { Action } from "./plan.ts";
import { keysOfAction } from "./plan.ts";

/** Marks what had ended before a look began. */
export type Mark = number & { readonly mark: unique symbol };

type Ended = {
  readonly action: Action;
  /** What was done, word for word: the same again is no progress. */
  readonly wish: string;
  readonly order: number;
};

/**
 * Actions that ended well, and whose effect no look has shown yet. What the next look would have
 * done once more did nothing.
 */
export class Unproven {
  readonly #ended = new Map<string, Ended>();
  #order = 0;

  add(action: Action): void {
    this.#order += 1;
    for (const part of partsOf(action)) {
      this.#ended.set(part.key, { action: part.action, wish: part.wish, order: this.#order });
    }
  }

  /** To be taken before a look begins: it shows nothing of what ends while it goes on. */
  mark(): Mark {
    return this.#order as Mark;
  }

  /** What came of the actions before `mark`, given what is planned after the look. */
  prove(
    mark: Mark,
    planned: readonly Action[],
  ): { readonly done: readonly string[]; readonly withoutEffect: readonly Action[] } {
    const again = new Map(planned.flatMap(partsOf).map((part) => [part.key, part]));
    const rooms = planned.filter(({ kind }) => kind === "make_room");
    const done: string[] = [];
    const withoutEffect: Action[] = [];
    for (const [key, { action, wish, order }] of this.#ended) {
      if (order > mark) continue;
      this.#ended.delete(key);
      const isUndone = rooms.some((next) => beginsAnew(next, action));
      if (isUndone || again.get(key)?.wish === wish) withoutEffect.push(action);
      else done.push(key);
    }
    return { done, withoutEffect };
  }
}

/** A growth whose room was given up for it, and after which the volume has not got what it was to have. */
const beginsAnew = (next: Action, ended: Action): boolean =>
  next.kind === "make_room" &&
  ended.kind === "extend_volume" &&
  next.entry.name === ended.entry.name &&
  next.extents - next.more < ended.extents;

type Part = { readonly key: string; readonly wish: string; readonly action: Action };

/** An action on several volumes is one on each. */
const partsOf = (action: Action): Part[] =>
  "volumes" in action
    ? action.volumes.map((name) => partOf({ ...action, volumes: [name] }))
    : [partOf(action)];

const partOf = (action: Action): Part => ({
  key: keysOfAction(action).join(),
  wish: JSON.stringify(action),
  action,
});
