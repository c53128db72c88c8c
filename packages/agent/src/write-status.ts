import type { NodeLocalStorage, NodeLocalStorageStatusWire } from "@stowage/api";
import { nodeLocalStorages } from "@stowage/api";
import type { KubeClient } from "@stowage/kube";
import { isKubeError } from "@stowage/kube";

/**
 * Writes a status over the one that is there, if the object still is the one that was read. Another
 * one of the same name has a history of its own: what the first one's said of devices would be held
 * against it.
 */
export const writeStatus = async (
  client: Pick<KubeClient, "find" | "patch">,
  { metadata: { name, uid } }: NodeLocalStorage,
  status: NodeLocalStorageStatusWire,
): Promise<"written" | "gone"> => {
  const operations = [
    { op: "test", path: "/metadata/uid", value: uid },
    { op: "add", path: "/status", value: status },
  ] as const;
  try {
    await client.patch(nodeLocalStorages, { name }, { kind: "json", operations }, "status");
    return "written";
  } catch (error) {
    if (!isKubeError(error, "invalid", "not_found")) throw error;
    const current = await client.find(nodeLocalStorages, { name });
    if (current?.metadata.uid === uid) throw error;
    return "gone";
  }
};
