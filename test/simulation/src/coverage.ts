/** Which faults hit which steps of the programs, and how often. */
export class Coverage {
  readonly #hits = new Map<string, Map<string, number>>();

  add(fault: string, step: string, count = 1): void {
    const steps = this.#hits.get(fault) ?? new Map<string, number>();
    this.#hits.set(fault, steps.set(step, (steps.get(step) ?? 0) + count));
  }

  merge(other: Coverage): void {
    for (const [fault, steps] of other.#hits) {
      for (const [step, count] of steps) this.add(fault, step, count);
    }
  }

  /** One line for each step, with the faults that hit it. */
  lines(): string[] {
    const steps = new Map<string, string[]>();
    for (const [fault, hits] of this.#hits) {
      for (const [step, count] of hits) {
        steps.set(step, [...(steps.get(step) ?? []), `${fault} ${count}`]);
      }
    }
    return [...steps]
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([step, hits]) => `${step.padEnd(58)} ${hits.toSorted().join(", ")}`);
  }
}
