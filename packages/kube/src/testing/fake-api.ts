import type { Clock, Instant, Milliseconds } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import { z } from "zod";
import type { KubeRequest, KubeResponse, Transport } from "../transport.ts";
import type { Fault } from "./fault.ts";
import { aborted, bytesOf, spoiled, statusObject } from "./fault.ts";

const rawSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    uid: z.string().default(""),
    resourceVersion: z.string().default(""),
  }),
});
export type Raw = z.output<typeof rawSchema>;

type Place = { readonly plural: string; readonly namespace?: string; readonly name?: string };
type Event = {
  readonly version: number;
  readonly type: string;
  readonly plural: string;
  readonly object: Raw;
};
type Answer = { readonly status: number; readonly body: AsyncIterable<Uint8Array> };

/** As many items as one page of a list has here, so that small collections have several. */
const pageSize = 3;

/**
 * As much of an API server as clients depend on: resourceVersions, paged lists of a snapshot,
 * watches with bookmarks, a history that can be compacted, conflicts; and the faults it is given,
 * one for each request that comes. All in memory and under the clock it is given.
 */
export class FakeApi {
  readonly requests: {
    readonly at: Instant;
    readonly method: string;
    readonly path: string;
    readonly body: string;
  }[] = [];
  readonly faults: Fault[] = [];
  readonly #clock: Clock;
  readonly #objects = new Map<string, { readonly plural: string; readonly object: Raw }>();
  readonly #snapshots = new Map<number, readonly Raw[]>();
  readonly #wakeUps = new Set<() => void>();
  #connections = new AbortController();
  #history: Event[] = [];
  #version = 1;
  #oldest = 1;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The objects of a collection by "namespace/name" or "name". */
  contents(plural: string): Map<string, Raw> {
    const found = [...this.#objects.values()].filter((stored) => stored.plural === plural);
    return new Map(found.map(({ object }) => [keyOfRaw(object), object]));
  }

  put(plural: string, object: unknown): Raw {
    const raw = rawSchema.parse(object);
    const id = `${plural} ${keyOfRaw(raw)}`;
    const known = this.#objects.get(id)?.object;
    this.#version += 1;
    const uid = known?.metadata.uid ?? `uid-${this.#version}`;
    const metadata = { ...raw.metadata, uid, resourceVersion: `${this.#version}` };
    const stored = { ...raw, metadata };
    this.#objects.set(id, { plural, object: stored });
    this.#record(known === undefined ? "ADDED" : "MODIFIED", plural, stored);
    return stored;
  }

  remove(plural: string, key: string): void {
    const known = this.#objects.get(`${plural} ${key}`)?.object;
    if (known === undefined) return;
    this.#version += 1;
    this.#objects.delete(`${plural} ${key}`);
    const metadata = { ...known.metadata, resourceVersion: `${this.#version}` };
    this.#record("DELETED", plural, { ...known, metadata });
  }

  /** Forgets the history: what watches or pages from before gets 410. */
  compact(): void {
    this.#history = [];
    this.#snapshots.clear();
    this.#oldest = this.#version;
  }

  /** Cuts every connection that is open. */
  cut(): void {
    this.#connections.abort(new Error("cut"));
    this.#connections = new AbortController();
  }

  readonly transport: Transport = async (request) => {
    const { method, path, body = "" } = request;
    this.requests.push({ at: this.#clock.now(), method, path, body });
    const fault = this.faults.shift();
    const over = new AbortController();
    const own = request.signal ?? over.signal;
    const signal = AbortSignal.any([over.signal, own, this.#connections.signal]);
    if (request.timeout !== undefined) void this.#timeOut(request.timeout, over);
    if (fault?.kind === "refused") throw new Error("refused");
    if (fault?.kind === "slow") await this.#clock.sleep(seconds(fault.seconds), signal);
    const answer =
      fault?.kind === "status"
        ? failure(fault.status, "made to fail")
        : this.#answer(request, signal);
    const headers: Record<string, string> =
      fault?.kind === "status" && fault.retryAfter !== undefined
        ? { "retry-after": `${fault.retryAfter}` }
        : {};
    const ended = async function* (): KubeResponse["body"] {
      try {
        yield* spoiled(answer.body, fault, signal);
      } finally {
        over.abort(new Error("over"));
      }
    };
    return { status: answer.status, headers, body: ended() };
  };

  async #timeOut(span: Milliseconds, over: AbortController): Promise<void> {
    try {
      await this.#clock.sleep(span, over.signal);
    } catch {
      return;
    }
    over.abort(Object.assign(new Error("timed out"), { name: "TimeoutError" }));
  }

  #answer(request: KubeRequest, signal: AbortSignal): Answer {
    const url = new URL(request.path, "http://fake");
    const place = placeOf(url.pathname);
    const { searchParams: query } = url;
    if (place.name === undefined && request.method === "GET") {
      return query.get("watch") === "true"
        ? this.#watch(place, query, signal)
        : this.#list(place, query);
    }
    const body: unknown = request.body === undefined ? {} : JSON.parse(request.body);
    if (request.method === "POST") return this.#create(place, body);
    const key = place.namespace === undefined ? place.name : `${place.namespace}/${place.name}`;
    const known = this.#objects.get(`${place.plural} ${key}`)?.object;
    if (known === undefined) return failure(404, `${place.plural} "${place.name}" not found`);
    if (request.method === "GET") return success(known);
    if (request.method === "PATCH") {
      return success(this.put(place.plural, { ...known, ...z.looseObject({}).parse(body) }));
    }
    if (request.method === "DELETE") {
      this.remove(place.plural, keyOfRaw(known));
      return success({ kind: "Status", status: "Success" });
    }
    const { metadata } = rawSchema.parse(body);
    if (metadata.resourceVersion !== known.metadata.resourceVersion) {
      return failure(409, "the object has been modified");
    }
    return success(this.put(place.plural, body));
  }

  #create(place: Place, body: unknown): Answer {
    const key = keyOfRaw(rawSchema.parse(body));
    if (this.#objects.has(`${place.plural} ${key}`)) return failure(409, `${key} already exists`);
    return { ...success(this.put(place.plural, body)), status: 201 };
  }

  #list(place: Place, query: URLSearchParams): Answer {
    const [version = this.#version, offset = 0] = (query.get("continue") ?? "")
      .split(":")
      .filter((part) => part !== "")
      .map(Number);
    const items =
      query.get("continue") === null ? this.#selected(place) : this.#snapshots.get(version);
    if (items === undefined) return failure(410, "the continue token has expired");
    this.#snapshots.set(version, items);
    const next = offset + pageSize;
    const metadata = {
      resourceVersion: `${version}`,
      ...(next < items.length ? { continue: `${version}:${next}` } : {}),
    };
    return success({ kind: "List", metadata, items: items.slice(offset, next) });
  }

  #selected({ plural, namespace }: Place): Raw[] {
    return [...this.contents(plural).values()].filter(
      ({ metadata }) => namespace === undefined || metadata.namespace === namespace,
    );
  }

  #watch({ plural }: Place, query: URLSearchParams, signal: AbortSignal): Answer {
    const from = Number(query.get("resourceVersion"));
    if (from < this.#oldest) return failure(410, "too old resource version");
    const span = seconds(Number(query.get("timeoutSeconds")));
    return { status: 200, body: this.#events(plural, from, span, signal) };
  }

  async *#events(
    plural: string,
    from: number,
    span: Milliseconds,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    let seen = from;
    const over = new AbortController();
    const end = this.#clock.sleep(span, AbortSignal.any([over.signal, signal])).then(() => "end");
    end.catch(() => undefined);
    try {
      for (;;) {
        if (seen < this.#oldest) {
          yield bytesOf({ type: "ERROR", object: statusObject(410, "too old") });
          return;
        }
        const event = this.#history.find(({ version }) => version > seen);
        if (event !== undefined) {
          seen = event.version;
          if (event.plural === plural) yield bytesOf({ type: event.type, object: event.object });
          continue;
        }
        const changed = new Promise<string>((resolve) => this.#wakeUps.add(() => resolve("")));
        if ((await Promise.race([end, changed, aborted(signal)])) === "end") return;
      }
    } finally {
      over.abort();
    }
  }

  /** What every watch is told once a minute. */
  bookmark(plural: string): void {
    const metadata = { name: "", resourceVersion: `${this.#version}` };
    this.#record("BOOKMARK", plural, { metadata: { ...metadata, uid: "" } });
  }

  #record(type: string, plural: string, object: Raw): void {
    this.#version += type === "BOOKMARK" ? 1 : 0;
    this.#history.push({ version: this.#version, type, plural, object });
    const wakeUps = [...this.#wakeUps];
    this.#wakeUps.clear();
    for (const wakeUp of wakeUps) wakeUp();
  }
}

const keyOfRaw = ({ metadata: { namespace, name } }: Raw): string =>
  namespace === undefined ? name : `${namespace}/${name}`;

/** /api/v1/… or /apis/group/version/…, then [namespaces/ns/]plural[/name]. */
const placeOf = (pathname: string): Place => {
  const parts = pathname.split("/").slice(1).map(decodeURIComponent);
  const [first, ...rest] = parts.slice(parts[0] === "api" ? 2 : 3);
  if (first !== "namespaces" || rest.length === 0) return place(first, undefined, rest[0]);
  const [namespace, plural, name] = rest;
  return place(plural, namespace, name);
};

const place = (
  plural: string | undefined,
  namespace: string | undefined,
  name: string | undefined,
): Place => ({
  plural: plural ?? "",
  ...(namespace === undefined ? {} : { namespace }),
  ...(name === undefined ? {} : { name }),
});

const success = (object: object): Answer => ({ status: 200, body: once(bytesOf(object)) });

const failure = (status: number, message: string): Answer => ({
  status,
  body: once(bytesOf(statusObject(status, message))),
});

async function* once(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield chunk;
}
