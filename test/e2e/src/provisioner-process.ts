import { fileURLToPath } from "node:url";
import type { Cluster } from "@stowage/test-cluster";
import { execa } from "execa";

/** When the process ends itself: see dying-provisioner.ts. */
export type Death = "never" | `after ${number}` | `before ${number}`;

const script = fileURLToPath(new URL("dying-provisioner.ts", import.meta.url));

/**
 * Keeps a provisioner alive outside of the cluster: when one has ended itself, as `death` says, the
 * next takes over, as a container that restarts does. `stop` ends the last one and tells where the
 * others died; it fails if one ended in any other way.
 */
export const keepProvisioner = (
  cluster: Cluster,
  death: Death,
): { readonly stop: () => Promise<string[]> } => {
  const stopping = new AbortController();
  const deaths: string[] = [];
  const live = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const { isTerminated, signal, stdout, stderr } = await execa(process.execPath, [script], {
        cancelSignal: stopping.signal,
        reject: false,
        env: {
          DEATH: death,
          KUBECONFIG: cluster.kubeconfig,
          POD_NAMESPACE: "stowage-system",
          POD_NAME: "outside",
          PORT: "0",
          // Each of them waits for the lease of the one before to run out.
          LEASE_SECONDS: "3",
        },
      });
      const last = /^killed .*$/m.exec(stderr)?.[0];
      if (isTerminated && signal === "SIGKILL" && last !== undefined) deaths.push(last);
      else if (!stopping.signal.aborted) {
        throw new Error(`the provisioner ended by itself\n${stdout.slice(-2000)}\n${stderr}`);
      }
    }
  };
  const living = live();
  // It is awaited by `stop`, however long that takes.
  living.catch(() => undefined);
  return {
    stop: async () => {
      stopping.abort();
      await living;
      return deaths;
    },
  };
};
