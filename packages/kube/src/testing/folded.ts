import { keyOf } from "@stowage/api";
import type { Informer } from "../informer.ts";
import type { Thing } from "./things.ts";

export type Folded = {
  readonly view: ReadonlyMap<string, Thing>;
  /** Changes that cannot follow on those before them. */
  readonly broken: readonly string[];
};

/** What a subscriber makes of the changes it is told. */
export const fold = (informer: Informer<Thing>): Folded => {
  const view = new Map<string, Thing>();
  const broken: string[] = [];
  informer.subscribe((change) => {
    const key = keyOf(change.object);
    const known = view.get(key);
    if ((change.kind === "added") !== (known === undefined)) broken.push(`${change.kind} ${key}`);
    if (change.kind === "updated" && change.previous !== known) broken.push(`previous of ${key}`);
    if (change.kind === "deleted") view.delete(key);
    else view.set(key, change.object);
  });
  return { view, broken };
};
