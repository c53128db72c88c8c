import type { Resource } from "@stowage/api";
import { apiVersionOf } from "@stowage/api";
import { z } from "zod";
import { KubeError } from "./kube-error.ts";

const named = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().default("") }),
});

/** "namespace/name" or "name" of what may not be readable otherwise. */
export const keyOfRaw = (object: unknown): string | undefined => {
  const metadata = named.safeParse(object).data?.metadata;
  if (metadata === undefined) return undefined;
  return metadata.namespace === "" ? metadata.name : `${metadata.namespace}/${metadata.name}`;
};

/**
 * Parses an object of the server. The items of a list carry neither apiVersion nor kind; they are
 * filled in.
 * @throws KubeError "bad_response" that names the object.
 */
export const parseObject = <T>(what: string, resource: Resource<T>, object: unknown): T => {
  const whole =
    typeof object === "object" && object !== null && !("kind" in object)
      ? { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object }
      : object;
  try {
    return resource.parse(whole);
  } catch (cause) {
    const key = keyOfRaw(object) ?? "an object without a name";
    throw new KubeError(
      "bad_response",
      `${what}: ${resource.kind} ${key} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
};
