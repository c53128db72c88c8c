import type { Moment } from "@stowage/clock";

export type Due = { readonly at: Moment; readonly key: string };

/** A binary heap: the earliest first, each step in O(log n). */
export class DueHeap {
  readonly #entries: Due[] = [];

  get first(): Due | undefined {
    return this.#entries[0];
  }

  push(entry: Due): void {
    const entries = this.#entries;
    let hole = entries.length;
    while (hole > 0) {
      const above = (hole - 1) >> 1;
      const parent = entries[above];
      if (parent === undefined || parent.at <= entry.at) break;
      entries[hole] = parent;
      hole = above;
    }
    entries[hole] = entry;
  }

  /** Removes the earliest. */
  pop(): void {
    const entries = this.#entries;
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return;
    let hole = 0;
    for (;;) {
      const left = 2 * hole + 1;
      const [a, b] = [entries[left], entries[left + 1]];
      const below = b !== undefined && a !== undefined && b.at < a.at ? left + 1 : left;
      const child = entries[below];
      if (child === undefined || last.at <= child.at) break;
      entries[hole] = child;
      hole = below;
    }
    entries[hole] = last;
  }
}
