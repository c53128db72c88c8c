import type { Resource } from "@stowage/api";
import type { Clock, Moment } from "@stowage/clock";
import type { KubeClient } from "./client.ts";
import type { Log } from "./log.ts";
import { Reflector } from "./reflector.ts";
import type { Selection } from "./resource-path.ts";
import type { Handler, Identified } from "./store.ts";
import { Store } from "./store.ts";

export type InformerState =
  /** Nothing is known yet. */
  | { readonly kind: "syncing" }
  | { readonly kind: "live" }
  /** Nothing was heard since then; it goes on trying for ever, unless its signal was aborted. */
  | { readonly kind: "stale"; readonly since: Moment; readonly why: string };

/** A copy of a collection that follows the server's, with the changes told to subscribers. */
export type Informer<T> = {
  /** @param key as keyOf gives it: "namespace/name" or "name". */
  get(key: string): T | undefined;
  list(): IterableIterator<T>;
  readonly size: number;
  state(): InformerState;
  /** Resolves once everything was listed; rejects with the reason of either signal. */
  synced(signal: AbortSignal): Promise<void>;
  /** Tells at once of what is in the store, as "added". Gives the function that ends it. */
  subscribe(handler: Handler<T>): () => void;
};

export type InformerOptions<T> = {
  readonly client: KubeClient;
  readonly resource: Resource<T>;
  readonly selection?: Selection;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  /** Ends the informer; what it knows stays readable. */
  readonly signal: AbortSignal;
  /** Called each time that it lost touch with the server and is about to try again. */
  readonly lostTouch?: () => void;
};

export const startInformer = <T extends Identified>(options: InformerOptions<T>): Informer<T> => {
  const store = new Store<T>(options.log);
  const reflector = new Reflector(options, store);
  // Rejects for nobody in particular when the informer ends before it has synced.
  reflector.synced.catch(() => undefined);
  void reflector.run();
  return {
    get: (key) => store.objects.get(key),
    list: () => store.objects.values(),
    get size() {
      return store.objects.size;
    },
    state: () => reflector.state,
    synced: (signal) => orAborted(reflector.synced, signal),
    subscribe: (handler) => store.subscribe(handler),
  };
};

const orAborted = (promise: Promise<void>, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
