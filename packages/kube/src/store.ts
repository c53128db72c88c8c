import type { Metadata } from "@stowage/api";
import { keyOf } from "@stowage/api";
import type { Log } from "./log.ts";

export type Change<T> =
  | { readonly kind: "added"; readonly object: T }
  | { readonly kind: "updated"; readonly object: T; readonly previous: T }
  /** With the last state that is known. */
  | { readonly kind: "deleted"; readonly object: T };

export type Handler<T> = (change: Change<T>) => void;

/** What an informer needs of an object's metadata; the rest may be left out of what it keeps. */
export type Identified = {
  readonly metadata: Pick<Metadata, "name" | "namespace" | "uid" | "resourceVersion">;
};

/**
 * What an informer knows. Whoever folds the changes a handler gets has the store's contents after
 * each of them: an object is stored first, then told of, and only then comes the next one.
 */
export class Store<T extends Identified> {
  readonly #objects = new Map<string, T>();
  readonly #handlers = new Set<{ readonly handle: Handler<T> }>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  get objects(): ReadonlyMap<string, T> {
    return this.#objects;
  }

  /** Nothing happens when it is the version that is stored. */
  put(object: T): void {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    if (previous?.metadata.uid === object.metadata.uid) {
      if (previous.metadata.resourceVersion === object.metadata.resourceVersion) return;
      this.#objects.set(key, object);
      this.#tell(key, { kind: "updated", object, previous });
      return;
    }
    // The same name with another uid is another object: the old one was deleted in between.
    this.remove(key);
    this.#objects.set(key, object);
    this.#tell(key, { kind: "added", object });
  }

  /** `last` is the state that the deletion came with. */
  remove(key: string, last?: T): void {
    const known = this.#objects.get(key);
    if (known === undefined) return;
    this.#objects.delete(key);
    const same = last?.metadata.uid === known.metadata.uid;
    this.#tell(key, { kind: "deleted", object: same ? (last ?? known) : known });
  }

  subscribe(handle: Handler<T>): () => void {
    const handler = { handle };
    this.#handlers.add(handler);
    for (const [key, object] of this.#objects) {
      this.#call(handler, key, { kind: "added", object });
    }
    return () => {
      this.#handlers.delete(handler);
    };
  }

  #tell(key: string, change: Change<T>): void {
    // Those who subscribe now get this change by their replay.
    const present = [...this.#handlers];
    for (const handler of present) {
      if (this.#handlers.has(handler)) this.#call(handler, key, change);
    }
  }

  #call(handler: { readonly handle: Handler<T> }, key: string, change: Change<T>): void {
    try {
      handler.handle(change);
    } catch (error) {
      this.#log.error({ err: error, key, change: change.kind }, "informer's handler threw");
    }
  }
}
