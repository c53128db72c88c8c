import type { Cluster } from "@stowage/test-cluster";
import { defaultName } from "@stowage/test-cluster";
import { clusterVariable } from "./shared-cluster.ts";

/** What a person is told about a cluster that stays up: how to look in, use it again, remove it. */
export const waysIn = ({ name, kubeconfig, kubectlProgram }: Cluster): string => {
  const named = name === defaultName ? "" : ` --name ${name}`;
  return `
The cluster ${name} stays up. Each node has two disks of 4 GiB: /dev/ubdb and /dev/ubdc, also as
/dev/disk/by-id/virtio-<node>-disk1 and -disk2.

  export KUBECONFIG=${kubeconfig}
  alias kubectl=${kubectlProgram}
  make e2e-shell                          a shell with both, and with kubectl stowage
  npm run cluster -- status${named}
  npm run cluster -- exec${named} n1 lvs -a -o +devices
  npm run cluster -- logs${named} n1             its console, kubelet and containerd
  npm run cluster -- logs${named} kube-scheduler

  make e2e FILE=... KEEP=1                installs Stowage anew, runs tests in it, leaves it up
  ${clusterVariable}=${name} make e2e FILE=...   runs tests in it as it is, and leaves it up
  ${name === defaultName ? "make down                             " : `npm run cluster -- down${named}`}  removes it
`;
};
