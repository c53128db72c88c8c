/**
 * One kind of object in the Kubernetes API: where it lives and how what the server sends becomes a
 * value that the rest of the code can trust.
 */
export type Resource<T> = {
  /** "" for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly scope: "cluster" | "namespaced";
  /** "metadata": lists and watches ask for nothing else, as PartialObjectMetadata. */
  readonly representation?: "metadata";
  /** @throws when the object is not of this kind or lacks what Stowage reads of it. */
  readonly parse: (object: unknown) => T;
};

/** The `apiVersion` of a resource's objects: "v1", "storage.k8s.io/v1". */
export const apiVersionOf = (resource: Pick<Resource<unknown>, "group" | "version">): string =>
  resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
