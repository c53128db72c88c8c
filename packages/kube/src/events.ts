import type { Clock, Instant } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import { waitAfter } from "./backoff.ts";
import type { KubeClient } from "./client.ts";
import type { EventType, Regarding } from "./core-event.ts";
import { coreEvents, eventName, eventNamespace, eventTime, longestMessage } from "./core-event.ts";
import { isKubeError } from "./kube-error.ts";
import type { Log } from "./log.ts";
import { Recent } from "./recent.ts";
import { SpamFilter } from "./spam-filter.ts";

export type EventRecorder = {
  /** Never throws and never waits. The same event again only counts up. */
  emit(
    regarding: Regarding,
    event: { readonly type: EventType; readonly reason: string; readonly message: string },
  ): void;
  /** Resolves when all that was emitted is sent or given up; meanwhile each gets one try. */
  flush(): Promise<void>;
};

export type EventRecorderOptions = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** What `kubectl describe` shows under From. */
  readonly component: string;
  /** The node or the pod of this process. */
  readonly instance: string;
};

type Pending = {
  readonly key: string;
  readonly regarding: Regarding;
  readonly type: EventType;
  readonly reason: string;
  readonly message: string;
  readonly first: Instant;
  last: Instant;
  count: number;
};

/** What is known to stand in the API under a key. */
type Written = { readonly name: string; readonly count: number };

const longestQueue = 1000;
const tries = 5;
const backoff = { first: seconds(1), max: seconds(10) };

/**
 * Events of core/v1 as client-go's tools/record makes them: counted up by a patch while the same
 * is emitted, made anew once the old one has expired, and limited per object.
 */
export const makeEventRecorder = (options: EventRecorderOptions): EventRecorder =>
  new Recorder(options);

class Recorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  readonly #spam: SpamFilter;
  readonly #written = new Recent<Written>();
  readonly #queue = new Map<string, Pending>();
  #sending: Promise<void> | undefined;
  #flushing = 0;
  #pause = new AbortController();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
    this.#spam = new SpamFilter(options.clock);
  }

  emit: EventRecorder["emit"] = (regarding, { type, reason, message }) => {
    const { clock, log } = this.#options;
    const object = JSON.stringify(regarding);
    if (!this.#spam.admits(object)) {
      log.debug({ regarding, reason, message }, "event dropped: too many about this object");
      return;
    }
    const now = clock.now();
    const shown = message.slice(0, longestMessage);
    const key = JSON.stringify([object, type, reason, shown]);
    const waiting = this.#queue.get(key);
    if (waiting !== undefined) {
      waiting.count += 1;
      waiting.last = now;
      return;
    }
    if (this.#queue.size >= longestQueue) {
      log.warn({ regarding, reason, message }, "event dropped: too many wait to be sent");
      return;
    }
    const times = { first: now, last: now, count: 1 };
    this.#queue.set(key, { key, regarding, type, reason, message: shown, ...times });
    this.#sending ??= this.#sendAll();
  };

  flush: EventRecorder["flush"] = async () => {
    this.#flushing += 1;
    this.#pause.abort();
    await this.#sending;
    this.#flushing -= 1;
  };

  async #sendAll(): Promise<void> {
    // Not within emit(): what is emitted at once is counted first.
    await Promise.resolve();
    for (const [key, pending] of this.#queue) {
      this.#queue.delete(key);
      await this.#send(pending);
    }
    this.#sending = undefined;
  }

  async #send(pending: Pending): Promise<void> {
    const { log, random, clock } = this.#options;
    const { regarding, reason, message } = pending;
    const name = eventName(regarding, clock.now(), random);
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#write(pending, name);
        return;
      } catch (error) {
        const passes = isKubeError(
          error,
          "connection",
          "timeout",
          "server_error",
          "too_many_requests",
        );
        if (!passes || attempt === tries || this.#flushing > 0) {
          log.warn({ err: error, regarding, reason, message }, "event could not be recorded");
          return;
        }
        this.#pause = new AbortController();
        await clock
          .sleep(waitAfter(attempt, backoff, random), this.#pause.signal)
          .catch(() => undefined);
      }
    }
  }

  async #write(pending: Pending, freshName: string): Promise<void> {
    const { client } = this.#options;
    const namespace = eventNamespace(pending.regarding);
    const written = this.#written.get(pending.key);
    if (written !== undefined) {
      const count = written.count + pending.count;
      const body = { count, lastTimestamp: eventTime(pending.last) };
      const name = { namespace, name: written.name };
      try {
        await client.patch(coreEvents, name, { kind: "merge", body });
        this.#written.set(pending.key, { name: written.name, count });
        return;
      } catch (error) {
        // Events expire after an hour by default.
        if (!isKubeError(error, "not_found")) throw error;
        this.#written.delete(pending.key);
      }
    }
    try {
      await client.create(coreEvents, this.#object(pending, freshName, namespace));
    } catch (error) {
      // An earlier try was applied though its connection was cut.
      if (!isKubeError(error, "already_exists")) throw error;
    }
    this.#written.set(pending.key, { name: freshName, count: pending.count });
  }

  #object(pending: Pending, name: string, namespace: string): object {
    const { component, instance } = this.#options;
    return {
      metadata: { name, namespace },
      involvedObject: { ...pending.regarding, namespace: pending.regarding.namespace },
      type: pending.type,
      reason: pending.reason,
      message: pending.message,
      count: pending.count,
      firstTimestamp: eventTime(pending.first),
      lastTimestamp: eventTime(pending.last),
      source: { component, host: instance },
      reportingComponent: component,
      reportingInstance: instance,
    };
  }
}
