import type { Resource } from "@stowage/api";
import { apiVersionOf } from "@stowage/api";
import { z } from "zod";
import type { Edge } from "./exchange.ts";
import { exchange } from "./exchange.ts";
import { isKubeError } from "./kube-error.ts";
import { listAll } from "./list.ts";
import { parseObject } from "./parse-object.ts";
import type { ObjectName, Selection, Subresource } from "./resource-path.ts";
import { checkNamespace, collectionPath, objectPath } from "./resource-path.ts";
import type { WatchEvent, WatchOptions } from "./watch.ts";
import { watch } from "./watch.ts";

export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

/** JSON patch (RFC 6902) or merge patch (RFC 7386). */
export type Patch =
  | { readonly kind: "json"; readonly operations: readonly JsonPatchOperation[] }
  | { readonly kind: "merge"; readonly body: object };

export type Preconditions = { readonly uid?: string; readonly resourceVersion?: string };

/** Every method throws KubeError. Reads are tried again after failures that pass. */
export type KubeClient = {
  get<T>(resource: Resource<T>, name: ObjectName): Promise<T>;
  /** `undefined` when there is no such object. */
  find<T>(resource: Resource<T>, name: ObjectName): Promise<T | undefined>;
  /** All pages. One item that cannot be parsed fails the list. */
  list<T>(
    resource: Resource<T>,
    selection?: Selection & { readonly signal?: AbortSignal },
  ): Promise<{ items: T[]; resourceVersion: string }>;
  /** `apiVersion` and `kind` are filled in; the namespace is that of the object's metadata. */
  create<T>(resource: Resource<T>, object: object): Promise<T>;
  patch<T>(
    resource: Resource<T>,
    name: ObjectName,
    patch: Patch,
    subresource?: Subresource,
  ): Promise<T>;
  /** With a resourceVersion in the object's metadata: "conflict" unless it is still that one. */
  replace<T>(resource: Resource<T>, name: ObjectName, object: object): Promise<T>;
  delete<T>(resource: Resource<T>, name: ObjectName, preconditions?: Preconditions): Promise<void>;
  /** One watch request; informers are what to use. */
  watch<T>(resource: Resource<T>, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
};

const namespaceSchema = z.object({ metadata: z.object({ namespace: z.string().optional() }) });

export const makeClient = (edge: Edge): KubeClient => {
  const send = async <T>(
    resource: Resource<T>,
    what: string,
    request: Parameters<typeof exchange>[2],
  ): Promise<T> => parseObject(what, resource, await exchange(edge, what, request));

  const get: KubeClient["get"] = (resource, name) =>
    send(resource, describe("get", resource, name), {
      method: "GET",
      path: objectPath(resource, name),
    });

  return {
    get,

    find: async (resource, name) => {
      try {
        return await get(resource, name);
      } catch (error) {
        if (isKubeError(error, "not_found")) return undefined;
        throw error;
      }
    },

    list: (resource, selection = {}) => listAll(edge, resource, selection),

    create: async (resource, object) => {
      const namespace = namespaceSchema.safeParse(object).data?.metadata.namespace;
      if (resource.scope === "namespaced") checkNamespace(resource, namespace);
      return send(resource, describe("create", resource, nameIn(object)), {
        method: "POST",
        path: collectionPath(resource, namespace),
        ...json(wireOf(resource, object)),
      });
    },

    patch: async (resource, name, patch, subresource) =>
      send(resource, describe("patch", resource, name, subresource), {
        method: "PATCH",
        path: objectPath(resource, name, subresource),
        ...(patch.kind === "json"
          ? json(patch.operations, "application/json-patch+json")
          : json(patch.body, "application/merge-patch+json")),
      }),

    replace: async (resource, name, object) =>
      send(resource, describe("replace", resource, name), {
        method: "PUT",
        path: objectPath(resource, name),
        ...json(wireOf(resource, object)),
      }),

    delete: async (resource, name, preconditions) => {
      await exchange(edge, describe("delete", resource, name), {
        method: "DELETE",
        path: objectPath(resource, name),
        ...json({ apiVersion: "v1", kind: "DeleteOptions", preconditions }),
      });
    },

    watch: (resource, options) => watch(edge, resource, options),
  };
};

const wireOf = (resource: Resource<unknown>, object: object): object => ({
  ...object,
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
});

const json = (
  value: unknown,
  contentType = "application/json",
): { contentType: string; body: string } => ({ contentType, body: JSON.stringify(value) });

const describe = (
  verb: string,
  resource: Resource<unknown>,
  { name, namespace = "" }: ObjectName,
  subresource?: Subresource,
): string => {
  const part = subresource === undefined ? "" : `/${subresource}`;
  return `${verb} ${resource.plural}${part} ${namespace === "" ? "" : `${namespace}/`}${name}`;
};

const nameSchema = z.object({
  metadata: z.object({
    name: z.string().optional(),
    generateName: z.string().optional(),
    namespace: z.string().optional(),
  }),
});

const nameIn = (object: object): ObjectName => {
  const metadata = nameSchema.safeParse(object).data?.metadata;
  return {
    name: metadata?.name ?? metadata?.generateName ?? "without a name",
    namespace: metadata?.namespace ?? "",
  };
};
