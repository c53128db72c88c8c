import type { Clock, Milliseconds } from "@stowage/clock";
import { elapsed, seconds } from "@stowage/clock";

/** Tells a person which stage is under way and how long each took. */
export type Progress = { stage<T>(title: string, work: () => Promise<T>): Promise<T> };

export const silent: Progress = { stage: (_title, work) => work() };

const threshold = seconds(2);

/**
 * One line per finished stage with its elapsed time. A stage that takes more than two seconds is
 * announced too, so that nobody looks at a silent terminal.
 */
export const progressTo = (clock: Clock, write: (line: string) => void): Progress => ({
  stage: async (title, work) => {
    const start = clock.now();
    const finished = new AbortController();
    const announce = clock.sleep(threshold, finished.signal).then(
      () => write(`${title} ...`),
      () => undefined,
    );
    try {
      const result = await work();
      write(`${title}: ${showSeconds(elapsed(start, clock.now()))}`);
      return result;
    } finally {
      finished.abort();
      await announce;
    }
  },
});

const showSeconds = (span: Milliseconds): string => `${(span / 1000).toFixed(1)} s`;
