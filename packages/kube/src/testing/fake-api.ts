import type { Clock, Moment, Milliseconds } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import type { KubeResponse, Transport } from "../transport.ts";
import type { ServerAnswer, WatchRequest } from "./api-server.ts";
import { ApiServer } from "./api-server.ts";
import type { Fault } from "./fault.ts";
import { aborted, bytesOf, spoiled, statusObject } from "./fault.ts";
import type { Raw } from "./object-store.ts";
import { ObjectStore } from "./object-store.ts";

/** As many items as one page of a list has here, so that small collections have several. */
const pageSize = 3;

/**
 * The model of an API server behind a faulty connection: each request that comes meets the next of
 * the faults it is given. All in memory and under the clock it is given.
 */
export class FakeApi {
  readonly requests: {
    readonly at: Moment;
    readonly method: string;
    readonly path: string;
    readonly body: string;
  }[] = [];
  readonly faults: Fault[] = [];
  readonly #clock: Clock;
  readonly #store: ObjectStore;
  readonly #server: ApiServer;
  #connections = new AbortController();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#store = new ObjectStore(clock);
    this.#server = new ApiServer(this.#store, { pageSize });
  }

  /** The objects of a collection by "namespace/name" or "name". */
  contents(plural: string): ReadonlyMap<string, Raw> {
    return this.#store.all(plural);
  }

  put(plural: string, object: unknown): Raw {
    return this.#store.put(plural, object);
  }

  remove(plural: string, key: string): void {
    this.#store.remove(plural, key);
  }

  /** Forgets the history: what watches or pages from before gets 410. */
  compact(): void {
    this.#server.compact();
  }

  /** What every watch is told once a minute. */
  bookmark(plural: string): void {
    this.#store.bookmark(plural);
  }

  /** Cuts every connection that is open. */
  cut(): void {
    this.#connections.abort(new Error("cut"));
    this.#connections = new AbortController();
  }

  readonly transport: Transport = async (request) => {
    request.lifetime?.();
    const { method, path, body = "" } = request;
    this.requests.push({ at: this.#clock.moment(), method, path, body });
    const fault = this.faults.shift();
    const over = new AbortController();
    const own = request.signal ?? over.signal;
    const signal = AbortSignal.any([over.signal, own, this.#connections.signal]);
    if (request.timeout !== undefined) void this.#timeOut(request.timeout, over);
    if (fault?.kind === "refused") throw new Error("refused");
    if (fault?.kind === "slow") await this.#clock.sleep(seconds(fault.seconds), signal);
    const answer: ServerAnswer =
      fault?.kind === "status"
        ? {
            kind: "object",
            status: fault.status,
            object: statusObject(fault.status, "made to fail"),
          }
        : this.#server.answer(request);
    const headers: Record<string, string> =
      fault?.kind === "status" && fault.retryAfter !== undefined
        ? { "retry-after": `${fault.retryAfter}` }
        : {};
    const sent =
      answer.kind === "watch" ? this.#events(answer.watch, signal) : once(bytesOf(answer.object));
    const ended = async function* (): KubeResponse["body"] {
      try {
        yield* spoiled(sent, fault, signal);
      } finally {
        over.abort(new Error("over"));
      }
    };
    return { status: answer.kind === "watch" ? 200 : answer.status, headers, body: ended() };
  };

  async #timeOut(span: Milliseconds, over: AbortController): Promise<void> {
    try {
      await this.#clock.sleep(span, over.signal);
    } catch {
      return;
    }
    over.abort(Object.assign(new Error("timed out"), { name: "TimeoutError" }));
  }

  async *#events(watch: WatchRequest, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let seen = watch.from;
    let wake: (() => void) | undefined;
    const unsubscribe = this.#store.subscribe(() => wake?.());
    const over = new AbortController();
    const span = this.#clock.sleep(watch.span, AbortSignal.any([over.signal, signal]));
    const end = span.then(() => "end");
    end.catch(() => undefined);
    try {
      for (;;) {
        const changed = new Promise<string>((resolve) => {
          wake = () => resolve("");
        });
        if (seen < this.#store.oldest) {
          yield bytesOf({ type: "ERROR", object: statusObject(410, "too old") });
          return;
        }
        const [event] = this.#store.since(seen);
        if (event !== undefined) {
          seen = event.version;
          const told = watch.told(event);
          if (told !== undefined) yield bytesOf(told);
          continue;
        }
        if ((await Promise.race([end, changed, aborted(signal)])) === "end") return;
      }
    } finally {
      over.abort();
      unsubscribe();
    }
  }
}

async function* once(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
}
