import type { Resource } from "@stowage/api";
import { keyOf } from "@stowage/api";
import { z } from "zod";
import { keyOfRaw } from "./parse-object.ts";
import type { Identified } from "./store.ts";

/** An object as the server sent it: one that could be parsed, or at least which one it is. */
export type Readable<T> =
  | { readonly kind: "read"; readonly key: string; readonly object: T }
  | {
      readonly kind: "unreadable";
      readonly key: string;
      readonly resourceVersion: string;
      readonly error: unknown;
    };

const versioned = z.object({ metadata: z.object({ resourceVersion: z.string() }) });

/** The same resource with a `parse` that lets one bad object not stop the others. */
export const readableOf = <T extends Identified>(resource: Resource<T>): Resource<Readable<T>> => ({
  ...resource,
  parse: (raw) => {
    try {
      const object = resource.parse(raw);
      return { kind: "read", key: keyOf(object), object };
    } catch (error) {
      const key = keyOfRaw(raw);
      if (key === undefined) throw error;
      const resourceVersion = versioned.safeParse(raw).data?.metadata.resourceVersion ?? "";
      return { kind: "unreadable", key, resourceVersion, error };
    }
  },
});
