import type { NodeLocalStorage } from "@stowage/api";
import { nodeLocalStorages } from "@stowage/api";
import type { JsonPatchOperation, KubeClient } from "@stowage/kube";
import { isKubeError } from "@stowage/kube";
import { Failure } from "./failure.ts";

const attempts = 5;

/**
 * Changes a NodeLocalStorage by compare-and-swap: `plan` gives the operations for the object as it
 * is, and is asked anew when somebody else changed the spec in between. What it throws ends it.
 * @returns the object after the change, or as it is where there is nothing to do.
 */
export const changeGroup = async (
  client: KubeClient,
  name: string,
  plan: (object: NodeLocalStorage) => Promise<readonly JsonPatchOperation[]>,
): Promise<NodeLocalStorage> => {
  for (let attempt = 1; ; attempt += 1) {
    const object = await client.get(nodeLocalStorages, { name });
    const operations = await plan(object);
    if (operations.length === 0) return object;
    const { uid, generation } = object.metadata;
    const guard: readonly JsonPatchOperation[] = [
      { op: "test", path: "/metadata/uid", value: uid },
      { op: "test", path: "/metadata/generation", value: generation },
    ];
    try {
      return await client.patch(
        nodeLocalStorages,
        { name },
        { kind: "json", operations: [...guard, ...operations] },
      );
    } catch (error) {
      // A test that fails is told as "invalid", as is an object that the CRD's rules refuse.
      if (!isKubeError(error, "invalid", "conflict")) throw error;
      const now = await client.get(nodeLocalStorages, { name });
      const moved = now.metadata.generation !== generation || now.metadata.uid !== uid;
      if (!moved) throw error;
      if (attempt === attempts) {
        throw new Failure(
          "no",
          `${name} was changed by others ${attempts} times while it was to be changed`,
          "try again",
        );
      }
    }
  }
};
