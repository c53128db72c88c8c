/** Each history that ever broke an invariant, with what was wrong then. */
export const keptSeeds: readonly {
  readonly seed: number;
  readonly steps: number;
  readonly was: string;
}[] = [];
