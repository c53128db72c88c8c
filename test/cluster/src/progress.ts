import type { Clock, Milliseconds } from "@stowage/clock";
import { elapsed, seconds } from "@stowage/clock";

/** Tells a person which stage is under way and how long each took. */
export type Progress = {
  stage<T>(title: string, work: () => Promise<T>): Promise<T>;
  /** A line between the stages. */
  note(line: string): void;
};

export const silent: Progress = { stage: (_title, work) => work(), note: () => undefined };

const threshold = seconds(2);

/**
 * One line per finished stage with its elapsed time. A stage that takes more than two seconds is
 * announced too, so that nobody looks at a silent terminal.
 */
export const progressTo = (clock: Clock, write: (line: string) => void): Progress => ({
  stage: async (title, work) => {
    const start = clock.moment();
    const finished = new AbortController();
    const announce = clock.sleep(threshold, finished.signal).then(
      () => write(`${title} ...`),
      () => undefined,
    );
    try {
      const result = await work();
      write(`${title}: ${showSeconds(elapsed(start, clock.moment()))}`);
      return result;
    } finally {
      finished.abort();
      await announce;
    }
  },
  note: write,
});

/**
 * Follows things that are made side by side: whenever one that took a while is there, those that are
 * still missing are named.
 */
export const countdown = (
  clock: Clock,
  progress: Progress,
  names: readonly string[],
): (<T>(name: string, made: Promise<T>) => Promise<T>) => {
  const start = clock.moment();
  const missing = new Set(names);
  return async (name, made) => {
    const result = await made;
    missing.delete(name);
    if (missing.size > 0 && elapsed(start, clock.moment()) > threshold) {
      progress.note(`Left to make: ${[...missing].join(", ")}`);
    }
    return result;
  };
};

const showSeconds = (span: Milliseconds): string => `${(span / 1000).toFixed(1)} s`;
