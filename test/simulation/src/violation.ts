/** An invariant does not hold. */
export class Violation extends Error {
  /** Which one, in a few words that stay the same for the same kind of break. */
  readonly invariant: string;

  constructor(invariant: string, detail: string) {
    super(`${invariant}: ${detail}`);
    this.name = "Violation";
    this.invariant = invariant;
  }
}
