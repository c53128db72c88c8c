import type { Resource } from "@stowage/api";
import { seconds } from "@stowage/clock";
import { z } from "zod";
import { acceptOf } from "./accept.ts";
import type { Edge } from "./exchange.ts";
import { exchange } from "./exchange.ts";
import { isKubeError, KubeError } from "./kube-error.ts";
import { parseObject } from "./parse-object.ts";
import type { Selection } from "./resource-path.ts";
import { collectionPath } from "./resource-path.ts";

/** client-go's page size: what the API server holds in memory for one answer. */
const pageSize = 500;
const restarts = 3;

const pageSchema = z.object({
  metadata: z.object({ resourceVersion: z.string().min(1), continue: z.string().default("") }),
  // Go writes an empty slice that was never made as null.
  items: z
    .array(z.unknown())
    .nullish()
    .transform((items) => items ?? []),
});

type Listed<T> = { items: T[]; resourceVersion: string };

/**
 * All objects, page by page, as of one resourceVersion; not from a cache that may be behind. When
 * the server forgets that version between two pages, the list starts over.
 * @throws KubeError, or the signal's reason.
 */
export const listAll = async <T>(
  edge: Edge,
  resource: Resource<T>,
  options: Selection & { readonly signal?: AbortSignal },
): Promise<Listed<T>> => {
  for (let attempt = 0; ; attempt++) {
    try {
      return await listOnce(edge, resource, options);
    } catch (error) {
      if (!isKubeError(error, "gone") || attempt === restarts) throw error;
      edge.log.debug({ err: error, plural: resource.plural }, "list expired, starting over");
      await edge.clock.sleep(seconds(1), options.signal);
    }
  }
};

const listOnce = async <T>(
  edge: Edge,
  resource: Resource<T>,
  { namespace, signal, ...selection }: Selection & { readonly signal?: AbortSignal },
): Promise<Listed<T>> => {
  const what = `list ${resource.plural}`;
  const items: T[] = [];
  let resourceVersion: string | undefined;
  let next = "";
  do {
    const answer = await exchange(edge, what, {
      method: "GET",
      path: collectionPath(resource, namespace, {
        ...selection,
        limit: `${pageSize}`,
        continue: next === "" ? undefined : next,
      }),
      ...acceptOf(resource, "list"),
      ...(signal === undefined ? {} : { signal }),
    });
    const page = pageSchema.safeParse(answer);
    if (!page.success) {
      throw new KubeError("bad_response", `${what} was answered with what is not a list`, {
        cause: page.error,
      });
    }
    for (const item of page.data.items) items.push(parseObject(what, resource, item));
    resourceVersion ??= page.data.metadata.resourceVersion;
    next = page.data.metadata.continue;
  } while (next !== "");
  return { items, resourceVersion };
};
