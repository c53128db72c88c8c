declare const unit: unique symbol;

/** A span of time in milliseconds; never negative. */
export type Milliseconds = number & { readonly [unit]: "milliseconds" };

/** A point in time: milliseconds since the Unix epoch. */
export type Instant = number & { readonly [unit]: "instant" };

/**
 * The only source of time in Stowage. Programs get it as an argument, so that the simulator can run
 * the real code under a clock of its own.
 */
export type Clock = {
  /** The time of day, for timestamps that people and other programs read. */
  now(): Instant;
  /** Resolves after `span`; rejects with the signal's reason as soon as it aborts. */
  sleep(span: Milliseconds, signal?: AbortSignal): Promise<void>;
};

/** @throws RangeError for a negative or non-finite span. */
export const milliseconds = (count: number): Milliseconds => {
  if (!Number.isFinite(count) || count < 0) {
    throw new RangeError(`a time span must be a finite number of at least 0 ms, got ${count}`);
  }
  return count as Milliseconds;
};

export const seconds = (count: number): Milliseconds => milliseconds(count * 1000);

export const minutes = (count: number): Milliseconds => seconds(count * 60);

/** The span from `from` to `to`; zero when the clock was set back in between. */
export const elapsed = (from: Instant, to: Instant): Milliseconds =>
  milliseconds(Math.max(0, to - from));

export const later = (instant: Instant, span: Milliseconds): Instant => (instant + span) as Instant;
