import type { Resource } from "@stowage/api";

export type ObjectName = { readonly name: string; readonly namespace?: string };

export type Selection = {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
};

export type Subresource = "status";

type Query = Readonly<Record<string, string | undefined>>;
type Place = Pick<Resource<unknown>, "group" | "version" | "plural" | "scope">;

/**
 * The collection of a resource, in one namespace or in all.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
 */
export const collectionPath = (
  resource: Place,
  namespace: string | undefined,
  query: Query = {},
): string => {
  const root = resource.group === "" ? ["api"] : ["apis", resource.group];
  const inside =
    resource.scope === "namespaced" && namespace !== undefined && namespace !== ""
      ? ["namespaces", namespace]
      : [];
  return join([...root, resource.version, ...inside, resource.plural], query);
};

/** @throws TypeError when the resource is namespaced and the name is not, or a name is empty. */
export const objectPath = (
  resource: Place,
  { name, namespace }: ObjectName,
  subresource?: Subresource,
): string => {
  if (name === "") throw new TypeError(`an object of ${resource.plural} needs a name`);
  if (resource.scope === "namespaced") checkNamespace(resource, namespace);
  const tail = [name, ...(subresource === undefined ? [] : [subresource])];
  return collectionPath(resource, namespace) + join(tail, {});
};

/** @throws TypeError without a namespace: the path would mean something else. */
export const checkNamespace = (resource: Place, namespace: string | undefined): void => {
  if (namespace === undefined || namespace === "") {
    throw new TypeError(`an object of ${resource.plural} needs a namespace`);
  }
};

const join = (segments: readonly string[], query: Query): string => {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, value);
  }
  const path = segments.map((segment) => `/${encodeURIComponent(segment)}`).join("");
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
};
