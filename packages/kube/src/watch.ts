import type { Resource } from "@stowage/api";
import type { Clock, Milliseconds } from "@stowage/clock";
import { elapsed, milliseconds, minutes, seconds } from "@stowage/clock";
import { z } from "zod";
import { acceptOf } from "./accept.ts";
import { readLines } from "./body.ts";
import type { Edge } from "./exchange.ts";
import { open, parseJson, transportError } from "./exchange.ts";
import { KubeError } from "./kube-error.ts";
import { parseObject } from "./parse-object.ts";
import type { Selection } from "./resource-path.ts";
import { collectionPath } from "./resource-path.ts";
import { errorOfStatus } from "./status.ts";

export type WatchEvent<T> =
  /** The server has accepted the watch. */
  | { readonly type: "opened" }
  | {
      readonly type: "added" | "modified" | "deleted";
      readonly object: T;
      readonly resourceVersion: string;
    }
  | { readonly type: "bookmark"; readonly resourceVersion: string };

export type WatchOptions = Selection & {
  readonly resourceVersion: string;
  readonly signal: AbortSignal;
};

const versioned = z.object({ metadata: z.object({ resourceVersion: z.string().min(1) }) });
const lineSchema = z.discriminatedUnion("type", [
  z.object({ type: z.enum(["ADDED", "MODIFIED", "DELETED"]), object: z.unknown() }),
  z.object({ type: z.literal("BOOKMARK"), object: z.unknown() }),
  z.object({ type: z.literal("ERROR"), object: z.unknown() }),
]);
const types = { ADDED: "added", MODIFIED: "modified", DELETED: "deleted" } as const;

/** A watch is accepted at once or not at all; queueing in the server takes up to a minute. */
const patienceForOpening = minutes(1);
/** How long a watch may be silent after the server should have ended it. */
const patienceForEnd = seconds(30);

/**
 * One watch request, from `resourceVersion` until the server ends it. Ends without an error when
 * the server ends it properly, after 5 to 10 minutes (client-go's reflector: so that watches are
 * spread anew over the API servers).
 * @throws KubeError "gone" when the resourceVersion is too old, other KubeErrors for every other
 * way to end, or the signal's reason.
 */
export async function* watch<T>(
  edge: Edge,
  resource: Resource<T>,
  { resourceVersion, signal, namespace, ...selection }: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const what = `watch ${resource.plural}`;
  const timeoutSeconds = Math.floor(300 * (1 + edge.random()));
  const silence = new Silence(edge.clock, patienceForOpening);
  const either = AbortSignal.any([signal, silence.signal]);
  try {
    const response = await open(edge, what, {
      method: "GET",
      path: collectionPath(resource, namespace, {
        ...selection,
        watch: "true",
        allowWatchBookmarks: "true",
        resourceVersion,
        timeoutSeconds: `${timeoutSeconds}`,
      }),
      ...acceptOf(resource, "watch"),
      signal: either,
    });
    silence.limit(milliseconds(seconds(timeoutSeconds) + patienceForEnd));
    yield { type: "opened" };
    for await (const { kind, text } of readLines(silence.heard(response.body))) {
      if (kind === "rest") {
        throw new KubeError("bad_response", `${what} ended in the middle of a line`);
      }
      yield parseLine(what, resource, text);
    }
    // A transport may end the body instead of failing when it is aborted.
    either.throwIfAborted();
  } catch (error) {
    throw transportError(what, signal, silence.signal.aborted ? silence.signal.reason : error);
  } finally {
    silence.end();
  }
}

const parseLine = <T>(what: string, resource: Resource<T>, text: string): WatchEvent<T> => {
  const line = lineSchema.safeParse(parseJson(what, text));
  if (!line.success) {
    throw new KubeError("bad_response", `${what} sent what is not a watch event`, {
      cause: line.error,
    });
  }
  const { type, object } = line.data;
  if (type === "ERROR") throw errorOfStatus({ what, verb: "other", body: object });
  const version = versioned.safeParse(object);
  if (!version.success) {
    throw new KubeError("bad_response", `${what} sent an object without a resourceVersion`);
  }
  const { resourceVersion } = version.data.metadata;
  return type === "BOOKMARK"
    ? { type: "bookmark", resourceVersion }
    : { type: types[type], object: parseObject(what, resource, object), resourceVersion };
};

/** Aborts its signal once nothing has been heard for as long as the limit. */
class Silence {
  readonly #clock: Clock;
  readonly #controller = new AbortController();
  readonly #ended = new AbortController();
  #guard = new AbortController();
  #limit: Milliseconds;
  #heardAt;

  constructor(clock: Clock, limit: Milliseconds) {
    this.#clock = clock;
    this.#heardAt = clock.moment();
    this.#limit = limit;
    this.limit(limit);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  limit(limit: Milliseconds): void {
    this.#limit = limit;
    this.#heardAt = this.#clock.moment();
    this.#guard.abort();
    this.#guard = new AbortController();
    void this.#watchOver(this.#guard.signal);
  }

  async *heard(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of body) {
      this.#heardAt = this.#clock.moment();
      yield chunk;
    }
  }

  end(): void {
    this.#ended.abort();
    this.#guard.abort();
  }

  async #watchOver(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        const left = this.#limit - elapsed(this.#heardAt, this.#clock.moment());
        if (left <= 0) break;
        // Whole milliseconds: adding a tiny fraction to a time of day may not change it.
        await this.#clock.sleep(milliseconds(Math.ceil(left)), signal);
      }
      const error = new Error(`nothing was heard for ${this.#limit / 1000} s`);
      error.name = "TimeoutError";
      this.#controller.abort(error);
    } catch {
      // Aborted: the watch ended, or another limit holds now.
    }
  }
}
