import type { Raw } from "@stowage/kube/testing";
import { ObjectStore } from "@stowage/kube/testing";
import type { VirtualClock } from "@stowage/clock";
import { kinds } from "./kinds.ts";
import type { Wires } from "./wire.ts";
import { wireOf } from "./wire.ts";

type Plural = keyof Wires;

/**
 * The API server's objects, for the models of Kubernetes' own programs and for the invariants: they
 * read the truth, and each write knows its writer.
 */
export class ClusterState {
  readonly store: ObjectStore;
  #writer = "nobody";

  constructor(clock: VirtualClock) {
    this.store = new ObjectStore(clock, kinds);
  }

  /** Whose write is carried out at this moment. */
  get writer(): string {
    return this.#writer;
  }

  as<T>(writer: string, act: () => T): T {
    const before = this.#writer;
    this.#writer = writer;
    try {
      return act();
    } finally {
      this.#writer = before;
    }
  }

  get<P extends Plural>(plural: P, key: string): Wires[P] | undefined {
    const object = this.store.get(plural, key);
    return object === undefined ? undefined : wireOf(plural, object);
  }

  all<P extends Plural>(plural: P): Wires[P][] {
    return [...this.store.all(plural).values()].map((object) => wireOf(plural, object));
  }

  create(writer: string, plural: Plural, object: object): Raw | undefined {
    const created = this.as(writer, () => this.store.create(plural, object));
    return created.kind === "written" ? created.object : undefined;
  }

  /** Changes what is there now; undefined when it is gone or the server refuses. */
  change<P extends Plural>(
    writer: string,
    plural: P,
    key: string,
    change: (object: Wires[P]) => object,
    part: "main" | "status" = "main",
  ): Raw | undefined {
    const object = this.get(plural, key);
    if (object === undefined) return undefined;
    const written = this.as(writer, () => this.store.update(plural, key, change(object), part));
    return written.kind === "written" ? written.object : undefined;
  }

  delete(writer: string, plural: Plural, key: string): void {
    this.as(writer, () => this.store.delete(plural, key, {}));
  }
}

export const isGoing = ({ metadata }: { readonly metadata: Raw["metadata"] }): boolean =>
  metadata.deletionTimestamp !== undefined;

export const keyIn = ({ metadata }: { readonly metadata: Raw["metadata"] }): string =>
  metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;

/** The same object with annotations put in, or taken off where they are undefined. */
export const annotated = <T extends { readonly metadata: Raw["metadata"] }>(
  object: T,
  change: Readonly<Record<string, string | undefined>>,
): T => {
  const all = { ...object.metadata.annotations, ...change };
  const annotations = Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return { ...object, metadata: { ...object.metadata, annotations } };
};

export const withFinalizers = <T extends { readonly metadata: Raw["metadata"] }>(
  object: T,
  change: (finalizers: readonly string[]) => string[],
): T => ({
  ...object,
  metadata: { ...object.metadata, finalizers: change(object.metadata.finalizers ?? []) },
});
