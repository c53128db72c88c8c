declare const unit: unique symbol;

/** A span of time in milliseconds; never negative. */
export type Milliseconds = number & { readonly [unit]: "milliseconds" };

/** A time of day: milliseconds since the Unix epoch. Two of them tell no span: it may be set back. */
export type Instant = number & { readonly [unit]: "instant" };

/** A point on a clock that nobody can set: milliseconds since a beginning that means nothing. */
export type Moment = number & { readonly [unit]: "moment" };

/**
 * The only source of time in Stowage. Programs get it as an argument, so that the simulator can run
 * the real code under a clock of its own.
 */
export type Clock = {
  /** The time of day, for timestamps that people and other programs read. */
  now(): Instant;
  /** For spans: what has passed between two readings, whatever became of the time of day. */
  moment(): Moment;
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

/** The span from `from` to `to`; zero when `to` is the earlier one. */
export const elapsed = (from: Moment, to: Moment): Milliseconds =>
  milliseconds(Math.max(0, to - from));

export const later = (moment: Moment, span: Milliseconds): Moment => (moment + span) as Moment;
