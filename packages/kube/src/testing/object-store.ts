import type { Clock } from "@stowage/clock";
import { z } from "zod";
import { sameJson } from "./patches.ts";

const rawSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    uid: z.string().default(""),
    resourceVersion: z.string().default(""),
    generation: z.number().optional(),
    creationTimestamp: z.string().optional(),
    deletionTimestamp: z.string().optional(),
    labels: z.record(z.string(), z.string()).nullish(),
    annotations: z.record(z.string(), z.string()).nullish(),
    finalizers: z.array(z.string()).nullish(),
  }),
});

/** An object as it goes over the wire. Never changed once it is stored. */
export type Raw = z.output<typeof rawSchema>;

export type Refused = {
  readonly kind: "refused";
  readonly status: number;
  readonly reason: string;
  readonly message: string;
};

type Written = { readonly kind: "written"; readonly object: Raw } | Refused;

/** What the server does with the objects of one collection, beside keeping them. */
export type Kind = {
  readonly plural: string;
  /** Whether status has a path of its own, so that each path leaves the other's part alone. */
  readonly status: "subresource" | "part";
  /** Custom resources count the changes of their spec; most of core's do not. */
  readonly generation: "counted" | "none";
  /** Makes an object what the server would store, or says why it would not. */
  readonly admit?: (object: Raw, before: Raw | undefined) => Raw | Refused;
  /** What can be selected by besides metadata.name and metadata.namespace. */
  readonly fields?: (object: Raw) => Readonly<Record<string, string>>;
};

/** One change of the store; bookmarks change nothing but move watches on. */
export type StoreEvent = {
  readonly version: number;
  readonly plural: string;
  readonly object: Raw;
  readonly before: Raw | undefined;
  readonly type: "put" | "deleted" | "bookmark";
};

const simple = (plural: string): Kind => ({ plural, status: "part", generation: "none" });

export const refused = (status: number, reason: string, message: string): Refused => ({
  kind: "refused",
  status,
  reason,
  message,
});

export const keyOfRaw = ({ metadata: { namespace, name } }: Raw): string =>
  namespace === undefined || namespace === "" ? name : `${namespace}/${name}`;

/**
 * The objects behind an API server: one count of versions over all of them, conflicts, generation,
 * finalizers, and a history that can be compacted. A write that changes nothing is no write.
 * Source: k8s.io/apiserver pkg/registry/generic/registry/store.go.
 */
export class ObjectStore {
  readonly #clock: Pick<Clock, "now">;
  readonly #kinds: ReadonlyMap<string, Kind>;
  readonly #collections = new Map<string, Map<string, Raw>>();
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  #history: StoreEvent[] = [];
  #version = 1;
  #oldest = 1;

  constructor(clock: Pick<Clock, "now">, kinds: readonly Kind[] = []) {
    this.#clock = clock;
    this.#kinds = new Map(kinds.map((kind) => [kind.plural, kind]));
  }

  get version(): number {
    return this.#version;
  }

  /** The first version from which a watch can begin. */
  get oldest(): number {
    return this.#oldest;
  }

  kind(plural: string): Kind {
    return this.#kinds.get(plural) ?? simple(plural);
  }

  get(plural: string, key: string): Raw | undefined {
    return this.#collections.get(plural)?.get(key);
  }

  /** By "namespace/name" or "name". */
  all(plural: string): ReadonlyMap<string, Raw> {
    return this.#collections.get(plural) ?? new Map<string, Raw>();
  }

  /** Told of each change at once; the function that ends it. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** What happened after `version`, which must not be older than `oldest`. */
  since(version: number): readonly StoreEvent[] {
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#history[middle]?.version ?? 0) > version) high = middle;
      else low = middle + 1;
    }
    return this.#history.slice(low);
  }

  /** Forgets the history. */
  compact(): void {
    this.#history = [];
    this.#oldest = this.#version;
  }

  bookmark(plural: string): void {
    this.#version += 1;
    const object = rawSchema.parse({ metadata: { name: "" } });
    this.#record("bookmark", plural, stamped(object, this.#version), undefined);
  }

  /** Puts an object in place whatever is there, past all checks; a new one with the identity it has. */
  put(plural: string, given: unknown): Raw {
    const object = rawSchema.parse(given);
    const before = this.get(plural, keyOfRaw(object));
    const identified = this.#withIdentity(plural, object, before);
    if (before !== undefined) return this.#store(plural, identified, before);
    const { uid, generation, deletionTimestamp, creationTimestamp } = object.metadata;
    const metadata = {
      ...identified.metadata,
      ...(uid === "" ? {} : { uid }),
      ...(generation === undefined ? {} : { generation }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
      ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    };
    return this.#store(plural, { ...identified, metadata }, undefined);
  }

  /** Takes an object away whatever its finalizers say. */
  remove(plural: string, key: string): void {
    const before = this.get(plural, key);
    if (before === undefined) return;
    this.#version += 1;
    this.#collections.get(plural)?.delete(key);
    this.#record("deleted", plural, stamped(before, this.#version), before);
  }

  create(plural: string, given: unknown): Written {
    const object = rawSchema.parse(given);
    const key = keyOfRaw(object);
    if (this.get(plural, key) !== undefined) {
      return refused(409, "AlreadyExists", `${plural} "${object.metadata.name}" already exists`);
    }
    const kind = this.kind(plural);
    const { status: _, ...bare } = object;
    const admitted = (kind.admit ?? accept)(
      this.#withIdentity(plural, kind.status === "subresource" ? bare : object, undefined),
      undefined,
    );
    if (isRefused(admitted)) return admitted;
    return { kind: "written", object: this.#store(plural, admitted, undefined) };
  }

  /** Replaces the part of an object that the path is for; with a resourceVersion only that one. */
  update(plural: string, key: string, given: unknown, part: "main" | "status"): Written {
    const before = this.get(plural, key);
    if (before === undefined) return refused(404, "NotFound", `${plural} "${key}" not found`);
    const asked = rawSchema.parse(given);
    const { resourceVersion } = asked.metadata;
    if (resourceVersion !== "" && resourceVersion !== before.metadata.resourceVersion) {
      return refused(409, "Conflict", `${plural} "${key}": the object has been modified`);
    }
    if (asked.metadata.uid !== "" && asked.metadata.uid !== before.metadata.uid) {
      return refused(409, "Conflict", `${plural} "${key}": the UID is another`);
    }
    const kind = this.kind(plural);
    const whole = kind.status === "part" ? asked : partOf(asked, before, part);
    const added = (asked.metadata.finalizers ?? []).filter(
      (finalizer) => !(before.metadata.finalizers ?? []).includes(finalizer),
    );
    if (part === "main" && before.metadata.deletionTimestamp !== undefined && added.length > 0) {
      return refused(422, "Invalid", "no new finalizers can be added while it is being deleted");
    }
    const admitted = (kind.admit ?? accept)(this.#withIdentity(plural, whole, before), before);
    if (isRefused(admitted)) return admitted;
    const counted = kind.generation === "counted" && !sameJson(admitted["spec"], before["spec"]);
    const generation = (before.metadata.generation ?? 1) + 1;
    const next = counted
      ? { ...admitted, metadata: { ...admitted.metadata, generation } }
      : admitted;
    if (sameJson(next, before)) return { kind: "written", object: before };
    return { kind: "written", object: this.#settled(plural, next, before) };
  }

  delete(
    plural: string,
    key: string,
    preconditions: {
      readonly uid?: string | undefined;
      readonly resourceVersion?: string | undefined;
    },
  ): Written {
    const before = this.get(plural, key);
    if (before === undefined) return refused(404, "NotFound", `${plural} "${key}" not found`);
    const { uid, resourceVersion, finalizers, deletionTimestamp, generation } = before.metadata;
    const isOther =
      (preconditions.uid ?? uid) !== uid ||
      (preconditions.resourceVersion ?? resourceVersion) !== resourceVersion;
    if (isOther) return refused(409, "Conflict", `${plural} "${key}": a precondition failed`);
    if ((finalizers ?? []).length === 0) {
      this.remove(plural, key);
      return { kind: "written", object: before };
    }
    if (deletionTimestamp !== undefined) return { kind: "written", object: before };
    const metadata = {
      ...before.metadata,
      deletionTimestamp: this.#time(),
      ...(generation === undefined ? {} : { generation: generation + 1 }),
    };
    return { kind: "written", object: this.#store(plural, { ...before, metadata }, before) };
  }

  /** What was waiting for its finalizers goes with the last of them. */
  #settled(plural: string, object: Raw, before: Raw): Raw {
    const { deletionTimestamp, finalizers } = object.metadata;
    if (deletionTimestamp === undefined || (finalizers ?? []).length > 0) {
      return this.#store(plural, object, before);
    }
    this.remove(plural, keyOfRaw(before));
    return object;
  }

  #withIdentity(plural: string, object: Raw, before: Raw | undefined): Raw {
    const known = before?.metadata;
    const { deletionTimestamp: _, ...metadata } = withoutEmpty(object.metadata);
    const generation =
      known?.generation ?? (this.kind(plural).generation === "counted" ? 1 : undefined);
    const deletedAt = known?.deletionTimestamp;
    return {
      ...object,
      metadata: {
        ...metadata,
        uid: known?.uid ?? `uid-${this.#version + 1}`,
        creationTimestamp: known?.creationTimestamp ?? this.#time(),
        resourceVersion: known?.resourceVersion ?? "",
        ...(generation === undefined ? {} : { generation }),
        ...(deletedAt === undefined ? {} : { deletionTimestamp: deletedAt }),
      },
    };
  }

  #store(plural: string, object: Raw, before: Raw | undefined): Raw {
    this.#version += 1;
    const stored = stamped(object, this.#version);
    const collection = this.#collections.get(plural) ?? new Map<string, Raw>();
    this.#collections.set(plural, collection.set(keyOfRaw(stored), stored));
    this.#record("put", plural, stored, before);
    return stored;
  }

  #record(type: StoreEvent["type"], plural: string, object: Raw, before: Raw | undefined): void {
    const event = { version: this.#version, plural, object, before, type };
    this.#history.push(event);
    for (const listener of this.#listeners) listener(event);
  }

  #time(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}

const accept = (object: Raw): Raw => object;

export const isRefused = (answer: Raw | Refused | Written): answer is Refused =>
  "kind" in answer && answer.kind === "refused";

const stamped = (object: Raw, version: number): Raw => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion: `${version}` },
});

/** Empty maps and lists of metadata are not stored. */
const withoutEmpty = (metadata: Raw["metadata"]): Raw["metadata"] => {
  const { labels, annotations, finalizers, ...rest } = metadata;
  return {
    ...rest,
    ...(Object.keys(labels ?? {}).length === 0 ? {} : { labels }),
    ...(Object.keys(annotations ?? {}).length === 0 ? {} : { annotations }),
    ...((finalizers ?? []).length === 0 ? {} : { finalizers }),
  };
};

const partOf = (asked: Raw, before: Raw, part: "main" | "status"): Raw => {
  if (part === "status") return { ...before, status: asked["status"] };
  const { status: _, ...rest } = asked;
  return before["status"] === undefined ? rest : { ...rest, status: before["status"] };
};
