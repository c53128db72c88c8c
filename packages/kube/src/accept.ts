import type { Resource } from "@stowage/api";
import type { KubeRequest } from "./transport.ts";

/**
 * How a collection's objects are asked for.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
 */
export const acceptOf = (
  { representation }: Pick<Resource<unknown>, "representation">,
  what: "list" | "watch",
): Pick<KubeRequest, "accept"> =>
  representation === undefined
    ? {}
    : {
        accept: `application/json;as=PartialObjectMetadata${what === "list" ? "List" : ""};g=meta.k8s.io;v=v1`,
      };
