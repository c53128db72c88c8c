import type { Cluster } from "@stowage/test-cluster";
import { patience } from "@stowage/test-cluster";
import { rolledOut } from "./rollout.ts";

/* The Deployment of the provisioner, as tests set it up. */

const system = (words: string): string[] => ["-n", "stowage-system", ...words.split(" ")];

/** Sets the number of replicas, and waits until there are so many, Ready; for 0 until all are gone. */
export const scaleProvisioners = async (cluster: Cluster, replicas: number): Promise<void> => {
  await cluster.kubectl(system(`scale deployment/stowage-provisioner --replicas=${replicas}`));
  if (replicas > 0) {
    await rolledOut(cluster, "deployment/stowage-provisioner");
    return;
  }
  await cluster.kubectl(
    system(
      `wait --for=delete pod -l app.kubernetes.io/component=provisioner --timeout=${120 * patience}s`,
    ),
  );
};

/** As the manifests have it. */
export const usualProvisioners = 2;

/** The Pod that holds the lease; "" while nobody does. */
export const leadingProvisioner = async (cluster: Cluster): Promise<string> => {
  const words = system("get lease stowage-provisioner -o jsonpath={.spec.holderIdentity}");
  // One process of the Pod holds it: "pod_suffix".
  const [pod = ""] = (await cluster.kubectl(words)).split("_");
  return pod;
};

export const nodeOfProvisioner = (cluster: Cluster, pod: string): Promise<string> =>
  cluster.kubectl(system(`get pod ${pod} -o jsonpath={.spec.nodeName}`));

/** How often its container was started anew. */
export const restartsOfProvisioner = async (cluster: Cluster, pod: string): Promise<number> =>
  Number(
    await cluster.kubectl(
      system(`get pod ${pod} -o jsonpath={.status.containerStatuses[0].restartCount}`),
    ),
  );
