import type { Clock, Moment, Milliseconds } from "@stowage/clock";
import { elapsed, milliseconds, seconds } from "@stowage/clock";
import type { KubeClient } from "./client.ts";
import { LeadershipLost, LeaseLock } from "./lease-lock.ts";
import type { Log } from "./log.ts";

export type LeaderDurations = {
  /** For how long after its last renewal others leave a lease alone. */
  readonly lease: Milliseconds;
  /** For how long after its last renewal a leader goes on working; less than `lease`. */
  readonly renewDeadline: Milliseconds;
  /** Between two tries. */
  readonly retry: Milliseconds;
};

export type LeaderOptions = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Shutdown: stops `whileLeading`, waits for it, then releases the lease. */
  readonly signal: AbortSignal;
  readonly lease: { readonly namespace: string; readonly name: string };
  /** Unique among all candidates, also over restarts. */
  readonly identity: string;
  readonly durations?: LeaderDurations;
  readonly whileLeading: (signal: AbortSignal, mustLead: MustLead) => Promise<void>;
};

/**
 * Throws once the renew deadline has passed, also in a process that was stopped and wakes: by the
 * time of day, before any timer has fired. To be called right before whatever changes the world.
 * Gives what is left until another may lead: what is begun now must be over by then.
 * @throws LeadershipLost
 */
export type MustLead = () => Milliseconds;

const defaults: LeaderDurations = {
  lease: seconds(15),
  renewDeadline: seconds(10),
  retry: seconds(2),
};

/** client-go's JitterFactor: candidates try at different times. */
const jitter = 1.2;

/**
 * Waits for the lease, then works under it. All spans are measured by this process's own timers:
 * the times in the Lease are for people. Source: client-go tools/leaderelection.
 *
 * Resolves when `whileLeading` did, or after the signal was aborted; the lease is kept until
 * `whileLeading` has ended, and released then.
 * @throws LeadershipLost when the lease could not be renewed in time or was taken by another; the
 * signal of `whileLeading` is aborted at once, and this rejects when that has ended, but at the
 * latest when others may take the lease. Otherwise what `whileLeading` throws.
 */
export const lead = async (options: LeaderOptions): Promise<void> => {
  const { signal, log, lease, identity, whileLeading } = options;
  const { durations = defaults } = options;
  checkDurations(durations);
  const lock = new LeaseLock(options, durations);
  log.info({ lease, identity }, "waiting for the lease");
  const acquiredAt = await acquire(options, durations, lock);
  if (acquiredAt === undefined) return;
  if (signal.aborted) {
    await release(options, durations, lock);
    return;
  }
  log.info({ lease, identity }, "leading");

  const lost = new AbortController();
  const ended = new AbortController();
  const term: Term = { renewedAt: acquiredAt };
  const mustLead: MustLead = () => {
    lost.signal.throwIfAborted();
    const age = elapsed(term.renewedAt, options.clock.moment());
    if (age >= durations.renewDeadline) lost.abort(notRenewed(durations));
    lost.signal.throwIfAborted();
    // A clock that was set back makes nothing last longer.
    return milliseconds(durations.lease - Math.max(0, age));
  };
  const renewing = keepRenewing(options, durations, lock, term, { lost, ended: ended.signal });
  try {
    const working = whileLeading(AbortSignal.any([signal, lost.signal]), mustLead);
    await Promise.race([working, graceAfter(lost.signal, options.clock, durations)]);
  } catch (error) {
    if (!lost.signal.aborted && error !== signal.reason) throw error;
  } finally {
    ended.abort();
    await renewing;
    if (!lost.signal.aborted) await release(options, durations, lock);
  }
  lost.signal.throwIfAborted();
};

const checkDurations = ({ lease, renewDeadline, retry }: LeaderDurations): void => {
  if (lease > renewDeadline && renewDeadline > retry * jitter) return;
  throw new RangeError(
    `a lease of ${lease} ms must last longer than its renew deadline of ${renewDeadline} ms, ` +
      `and that longer than ${jitter} retries of ${retry} ms`,
  );
};

/** From giving up the work until another may begin. */
const graceOf = ({ lease, renewDeadline }: LeaderDurations): Milliseconds =>
  milliseconds(lease - renewDeadline);

/** Resolves with the time before the lease was written; undefined when the signal was aborted first. */
const acquire = async (
  { clock, random, signal, log, lease }: LeaderOptions,
  durations: LeaderDurations,
  lock: LeaseLock,
): Promise<Moment | undefined> => {
  while (!signal.aborted) {
    const begun = clock.moment();
    try {
      // The timer of the renew deadline starts after the lease was written: both fit into the lease.
      if (await within(clock, graceOf(durations), lock.acquire())) return begun;
    } catch (error) {
      log.warn({ err: error, lease }, "could not try for the lease, trying again");
    }
    const pause = milliseconds(Math.ceil(durations.retry * (1 + jitter * random())));
    await clock.sleep(pause, signal).catch(() => undefined);
  }
  return undefined;
};

/** Since when the lease is surely ours: from before its last renewal was sent. */
type Term = { renewedAt: Moment };

const notRenewed = ({ renewDeadline }: LeaderDurations): LeadershipLost =>
  new LeadershipLost(`the lease was not renewed for ${renewDeadline / 1000} s`);

/** Renews until `ended`, or aborts `lost` with the reason. Never rejects. */
const keepRenewing = async (
  { clock, log, lease }: LeaderOptions,
  durations: LeaderDurations,
  lock: LeaseLock,
  term: Term,
  { lost, ended }: { readonly lost: AbortController; readonly ended: AbortSignal },
): Promise<void> => {
  const { renewDeadline, retry } = durations;
  const lose = (error: LeadershipLost): void => {
    log.error({ err: error, lease }, "lost the lease");
    lost.abort(error);
  };
  // A timer, not a comparison of times of day: those jump.
  const deadline = (): (() => void) => {
    const timer = new AbortController();
    clock.sleep(renewDeadline, timer.signal).then(
      () => lose(notRenewed(durations)),
      () => undefined,
    );
    return () => timer.abort();
  };
  const over = AbortSignal.any([lost.signal, ended]);
  let disarm = deadline();
  for (;;) {
    await clock.sleep(retry, over).catch(() => undefined);
    if (over.aborted) break;
    // Counts from before the renewal is sent: others count from when it is written.
    const disarmNext = deadline();
    const begun = clock.moment();
    try {
      await within(clock, milliseconds(renewDeadline / 2), lock.renew(), over);
      disarm();
      disarm = disarmNext;
      term.renewedAt = begun;
    } catch (error) {
      disarmNext();
      if (over.aborted) break;
      if (error instanceof LeadershipLost) lose(error);
      else log.warn({ err: error, lease }, "could not renew the lease, trying again");
    }
  }
  disarm();
};

/** Rejects so long after the loss that another may lead. */
const graceAfter = async (
  lost: AbortSignal,
  clock: Clock,
  durations: LeaderDurations,
): Promise<never> => {
  await new Promise<void>((resolve) => {
    lost.addEventListener("abort", () => resolve(), { once: true });
  });
  await clock.sleep(graceOf(durations));
  throw lost.reason;
};

const release = async (
  { clock, log, lease }: LeaderOptions,
  durations: LeaderDurations,
  lock: LeaseLock,
): Promise<void> => {
  try {
    await within(clock, graceOf(durations), lock.release());
    log.info({ lease }, "released the lease");
  } catch (error) {
    log.warn({ err: error, lease }, "could not release the lease; others wait until it expires");
  }
};

/** @throws Error when `span` passes first, or the signal's reason. What was begun goes on. */
const within = async <T>(
  clock: Clock,
  span: Milliseconds,
  act: Promise<T>,
  signal?: AbortSignal,
): Promise<T> => {
  const timer = new AbortController();
  const either = signal === undefined ? timer.signal : AbortSignal.any([timer.signal, signal]);
  const late = async (): Promise<never> => {
    await clock.sleep(span, either);
    throw new Error(`the API server did not answer within ${span / 1000} s`);
  };
  try {
    return await Promise.race([act, late()]);
  } finally {
    timer.abort();
  }
};
