import type { Cluster } from "@stowage/test-cluster";
import { defaultName } from "@stowage/test-cluster";
import { clusterVariable } from "./shared-cluster.ts";

/** What a person is told about a cluster that stays up: how to look in, use it again, remove it. */
export const waysIn = ({ name, kubeconfig, kubectlProgram }: Cluster): string => {
  const named = name === defaultName ? "" : ` --name ${name}`;
  const down = name === defaultName ? "make down" : `npm run cluster -- down${named}`;
  const ways = [
    ["make e2e-shell", "a shell with both, and with kubectl stowage"],
    [`npm run cluster -- status${named}`, "what runs, which disks there are"],
    [`npm run cluster -- exec${named} n1 lvs`, "a node's own view"],
    [`npm run cluster -- logs${named} n1`, "its console, kubelet and containerd"],
    ["make e2e FILE=... KEEP=1", "installs Stowage anew, tests, leaves it up"],
    [`${clusterVariable}=${name} make e2e FILE=...`, "tests what is installed, leaves it up"],
    [down, "removes it"],
  ] as const;
  const width = Math.max(...ways.map(([command]) => command.length));
  return `
The cluster ${name} stays up. Each node has two disks of 4 GiB: /dev/ubdb and /dev/ubdc, also as
/dev/disk/by-id/virtio-<node>-disk1 and -disk2.

  export KUBECONFIG=${kubeconfig}
  alias kubectl=${kubectlProgram}

${ways.map(([command, what]) => `  ${command.padEnd(width)}  ${what}`).join("\n")}
`;
};
