import type { Milliseconds } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import { z } from "zod";
import type { KubeRequest } from "../transport.ts";
import type { ObjectStore, Raw, StoreEvent } from "./object-store.ts";
import { refused } from "./object-store.ts";
import { statusObject } from "./fault.ts";
import { merged, patched } from "./patches.ts";

export type WatchRequest = {
  readonly plural: string;
  readonly from: number;
  readonly span: Milliseconds;
  /** What the watch is told of an event of the store; undefined when that does not concern it. */
  readonly told: (event: StoreEvent) => object | undefined;
};

export type ServerAnswer =
  | { readonly kind: "object"; readonly status: number; readonly object: object }
  | { readonly kind: "watch"; readonly watch: WatchRequest };

type Place = {
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly part: "main" | "status";
};

const deleteOptions = z.looseObject({
  preconditions: z
    .object({ uid: z.string().optional(), resourceVersion: z.string().optional() })
    .optional(),
});

/**
 * Answers requests as an API server does: paged lists of a snapshot, watches with selectors,
 * patches, conflicts. Nothing here takes time or fails by itself.
 */
export class ApiServer {
  readonly store: ObjectStore;
  readonly #pageSize: number;
  readonly #snapshots = new Map<number, readonly Raw[]>();

  constructor(store: ObjectStore, { pageSize }: { readonly pageSize: number }) {
    this.store = store;
    this.#pageSize = pageSize;
  }

  /** Forgets the history: what watches or pages from before gets 410. */
  compact(): void {
    this.#snapshots.clear();
    this.store.compact();
  }

  answer({ method, path, contentType, body: text }: KubeRequest): ServerAnswer {
    const url = new URL(path, "http://fake");
    const place = placeOf(url.pathname);
    const { plural, namespace, name, part } = place;
    if (name === undefined && method === "GET") {
      const { searchParams: query } = url;
      return query.get("watch") === "true" ? this.#watch(place, query) : this.#list(place, query);
    }
    const body: unknown = text === undefined ? {} : JSON.parse(text);
    if (method === "POST") {
      const created = this.store.create(plural, body);
      return created.kind === "refused" ? failure(created) : success(created.object, 201);
    }
    const key = namespace === undefined ? (name ?? "") : `${namespace}/${name}`;
    const known = this.store.get(plural, key);
    if (known === undefined) {
      return failure(refused(404, "NotFound", `${plural} "${name}" not found`));
    }
    if (method === "GET") return success(known);
    if (method === "DELETE") {
      const { preconditions = {} } = deleteOptions.parse(body);
      const deleted = this.store.delete(plural, key, preconditions);
      return deleted.kind === "refused" ? failure(deleted) : success(deleted.object);
    }
    const wanted =
      method === "PUT"
        ? ({ kind: "patched", value: body } as const)
        : patchOf(known, body, contentType);
    if (wanted.kind === "refused") return failure(refused(422, "Invalid", wanted.why));
    if (method === "PATCH" && uidOf(wanted.value) !== known.metadata.uid) {
      return failure(refused(422, "Invalid", "metadata.uid: field is immutable"));
    }
    const written = this.store.update(plural, key, wanted.value, part);
    return written.kind === "refused" ? failure(written) : success(written.object);
  }

  #list(place: Place, query: URLSearchParams): ServerAnswer {
    const given = query.get("continue");
    const [version = this.store.version, offset = 0] = (given ?? "")
      .split(":")
      .filter((piece) => piece !== "")
      .map(Number);
    const items = given === null ? this.#selected(place, query) : this.#snapshots.get(version);
    if (items === undefined)
      return failure(refused(410, "Expired", "the continue token has expired"));
    const next = offset + Math.min(this.#pageSize, Number(query.get("limit") ?? this.#pageSize));
    if (next < items.length) this.#snapshots.set(version, items);
    const metadata = {
      resourceVersion: `${version}`,
      ...(next < items.length ? { continue: `${version}:${next}` } : {}),
    };
    return success({ kind: "List", metadata, items: items.slice(offset, next) });
  }

  #selected(place: Place, query: URLSearchParams): Raw[] {
    const isSelected = this.#selector(place, query);
    return [...this.store.all(place.plural).values()].filter(isSelected);
  }

  #selector({ plural, namespace }: Place, query: URLSearchParams): (object: Raw) => boolean {
    const labels = wordsOf(query.get("labelSelector"));
    const fields = wordsOf(query.get("fieldSelector"));
    const kind = this.store.kind(plural);
    return (object) => {
      const { metadata } = object;
      if (namespace !== undefined && metadata.namespace !== namespace) return false;
      const own = { "metadata.name": metadata.name, ...kind.fields?.(object) };
      return (
        labels.every(([key, value]) => metadata.labels?.[key] === value) &&
        fields.every(([key, value]) => Reflect.get(own, key) === value)
      );
    };
  }

  #watch(place: Place, query: URLSearchParams): ServerAnswer {
    const from = Number(query.get("resourceVersion"));
    if (from < this.store.oldest) {
      return failure(refused(410, "Expired", "too old resource version"));
    }
    const isSelected = this.#selector(place, query);
    const told = ({ plural, type, object, before }: StoreEvent): object | undefined => {
      if (plural !== place.plural) return undefined;
      if (type === "bookmark") return { type: "BOOKMARK", object };
      const was = before !== undefined && isSelected(before);
      const is = type === "put" && isSelected(object);
      // What leaves a selection is told as it was, at the version of the change.
      if (!is) return was ? { type: "DELETED", object: versioned(before, object) } : undefined;
      return { type: was ? "MODIFIED" : "ADDED", object };
    };
    const span = seconds(Number(query.get("timeoutSeconds")));
    return { kind: "watch", watch: { plural: place.plural, from, span, told } };
  }
}

const versioned = (object: Raw, { metadata: { resourceVersion } }: Raw): Raw => ({
  ...object,
  metadata: { ...object.metadata, resourceVersion },
});

const patchOf = (known: Raw, body: unknown, contentType: string | undefined) =>
  contentType === "application/json-patch+json"
    ? patched(known, body)
    : ({ kind: "patched", value: merged(known, body) } as const);

const identified = z.object({ metadata: z.object({ uid: z.unknown() }) });
const uidOf = (object: unknown): unknown => identified.parse(object).metadata.uid;

const wordsOf = (selector: string | null): [string, string][] =>
  (selector ?? "")
    .split(",")
    .filter((part) => part !== "")
    .map((part) => {
      const [key = "", value = ""] = part.split("=");
      return [key, value];
    });

/** /api/v1/… or /apis/group/version/…, then [namespaces/ns/]plural[/name[/status]]. */
const placeOf = (pathname: string): Place => {
  const parts = pathname.split("/").slice(1).map(decodeURIComponent);
  const [first, ...rest] = parts.slice(parts[0] === "api" ? 2 : 3);
  const [namespace, plural, name, part] =
    first === "namespaces" && rest.length > 0 ? rest : [undefined, first, ...rest];
  return {
    plural: plural ?? "",
    namespace,
    name,
    part: part === "status" ? "status" : "main",
  };
};

const success = (object: object, status = 200): ServerAnswer => ({
  kind: "object",
  status,
  object,
});

const failure = (refusal: {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
}): ServerAnswer => ({
  kind: "object",
  status: refusal.status,
  object: { ...statusObject(refusal.status, refusal.message), reason: refusal.reason },
});
