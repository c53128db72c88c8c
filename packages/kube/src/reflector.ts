import type { Resource } from "@stowage/api";
import type { Moment } from "@stowage/clock";
import { elapsed, milliseconds, seconds } from "@stowage/clock";
import { waitAfter } from "./backoff.ts";
import type { InformerOptions, InformerState } from "./informer.ts";
import { isKubeError } from "./kube-error.ts";
import type { Readable } from "./readable.ts";
import { readableOf } from "./readable.ts";
import type { Identified, Store } from "./store.ts";
import type { WatchEvent } from "./watch.ts";

/** client-go's reflector: at most 30 s until the next try, however long the server was away. */
const backoff = { first: milliseconds(800), max: seconds(30) };
/** So many watches in a row that the server refused or broke, and the collection is listed anew. */
const resumesBeforeList = 5;
const betweenLists = seconds(1);
/** A watch that ends sooner, without an event, is a failure: else it would be asked for nonstop. */
const shortestWatch = seconds(1);

/**
 * Keeps a store like the server's collection: lists once, then watches on from the last
 * resourceVersion seen, whatever happens. Lists again only when that version is too old or when
 * watching keeps failing for other reasons than an unreachable or busy server: else a restart of
 * the API server would make every node list at once.
 */
export class Reflector<T extends Identified> {
  readonly synced: Promise<void>;
  readonly #options: InformerOptions<T>;
  readonly #resource: Resource<Readable<T>>;
  readonly #store: Store<T>;
  readonly #settle: { readonly resolve: () => void; readonly reject: (reason: unknown) => void };
  /** key -> resourceVersion of what could not be read and has been logged. */
  readonly #unreadable = new Map<string, string>();
  #state: InformerState = { kind: "syncing" };
  /** Where to watch on; `undefined` when the collection must be listed. */
  #resourceVersion: string | undefined;
  #listedAt: Moment | undefined;
  #failures = 0;
  #failedResumes = 0;
  #relist: "useful" | "tried" = "useful";

  constructor(options: InformerOptions<T>, store: Store<T>) {
    this.#options = options;
    this.#resource = readableOf(options.resource);
    this.#store = store;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.synced = promise;
    this.#settle = { resolve, reject };
  }

  get state(): InformerState {
    return this.#state;
  }

  /** Resolves when the signal is aborted. */
  async run(): Promise<void> {
    const { clock, signal, random } = this.#options;
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === undefined) await this.#list();
        else await this.#watch(this.#resourceVersion);
      } catch (error) {
        if (signal.aborted) break;
        this.#failed(error);
        // Too old a version says nothing about the server's health: list at once, but only if
        // the last list for that reason was of use.
        if (isKubeError(error, "gone") && this.#relist === "useful") {
          this.#relist = "tried";
          continue;
        }
        const wait = waitAfter(this.#failures, backoff, random);
        const asked = isKubeError(error) ? (error.retryAfter ?? 0) : 0;
        await clock.sleep(milliseconds(Math.max(wait, asked)), signal).catch(() => undefined);
      }
    }
    this.#stale("it was stopped");
    this.#settle.reject(signal.reason);
  }

  async #list(): Promise<void> {
    const { client, selection, clock, signal } = this.#options;
    if (this.#listedAt !== undefined) {
      const since = elapsed(this.#listedAt, clock.moment());
      if (since < betweenLists) await clock.sleep(milliseconds(betweenLists - since), signal);
    }
    try {
      const { items, resourceVersion } = await client.list(this.#resource, {
        ...selection,
        signal,
      });
      this.#replaceAll(items);
      this.#resourceVersion = resourceVersion;
    } finally {
      this.#listedAt = clock.moment();
    }
    this.#failedResumes = 0;
    // After a failure only an open watch proves that changes will be heard of.
    if (this.#state.kind === "syncing") this.#state = { kind: "live" };
    this.#settle.resolve();
  }

  #replaceAll(items: readonly Readable<T>[]): void {
    const listed = new Set(items.map(({ key }) => key));
    const gone = [...this.#store.objects.keys()].filter((key) => !listed.has(key));
    for (const key of gone) this.#store.remove(key);
    for (const key of this.#unreadable.keys()) {
      if (!listed.has(key)) this.#unreadable.delete(key);
    }
    for (const item of items) this.#put(item);
  }

  async #watch(from: string): Promise<void> {
    const { client, selection, clock, signal } = this.#options;
    const startedAt = clock.moment();
    let heard = false;
    let opened = false;
    try {
      const events = client.watch(this.#resource, {
        ...selection,
        resourceVersion: from,
        signal,
      });
      for await (const event of events) {
        if (event.type === "opened") {
          opened = true;
          this.#state = { kind: "live" };
          continue;
        }
        this.#apply(event);
        heard = true;
        this.#thrives();
      }
      if (!heard && elapsed(startedAt, clock.moment()) < shortestWatch) {
        throw new Error("the watch ended at once, without an event");
      }
      this.#thrives();
    } catch (error) {
      const away = isKubeError(error, "connection", "timeout", "too_many_requests");
      if (opened || !away) this.#failedResumes += 1;
      if (isKubeError(error, "gone") || this.#failedResumes >= resumesBeforeList) {
        this.#resourceVersion = undefined;
      }
      throw error;
    }
  }

  #apply(event: Exclude<WatchEvent<Readable<T>>, { type: "opened" }>): void {
    switch (event.type) {
      case "bookmark":
        break;
      case "added":
      case "modified":
        this.#put(event.object);
        break;
      case "deleted":
        this.#unreadable.delete(event.object.key);
        this.#store.remove(
          event.object.key,
          event.object.kind === "read" ? event.object.object : undefined,
        );
        break;
    }
    this.#resourceVersion = event.resourceVersion;
  }

  /** What cannot be read leaves the last readable state in place: it exists all the same. */
  #put(item: Readable<T>): void {
    if (item.kind === "read") {
      this.#unreadable.delete(item.key);
      this.#store.put(item.object);
      return;
    }
    const { key, resourceVersion, error } = item;
    if (this.#unreadable.get(key) === resourceVersion) return;
    this.#unreadable.set(key, resourceVersion);
    const { kind } = this.#resource;
    this.#options.log.error(
      { err: error, kind, key, resourceVersion },
      "object cannot be read and is skipped; correct it or update Stowage",
    );
  }

  #thrives(): void {
    this.#failures = 0;
    this.#failedResumes = 0;
    this.#relist = "useful";
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    this.#stale(error instanceof Error ? error.message : String(error));
    this.#options.lostTouch?.();
    const { plural } = this.#resource;
    const fields = { err: error, plural, failures: this.#failures };
    if (isKubeError(error, "gone"))
      this.#options.log.info(fields, "watch is too old, listing again");
    else this.#options.log.warn(fields, "informer lost touch with the API server, trying again");
  }

  #stale(why: string): void {
    if (this.#state.kind === "syncing") return;
    const since = this.#state.kind === "stale" ? this.#state.since : this.#options.clock.moment();
    this.#state = { kind: "stale", since, why };
  }
}
