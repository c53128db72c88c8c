import { systemClock } from "@stowage/clock";
import { Cluster, progressTo } from "@stowage/test-cluster";
import { install } from "./install.ts";

/* `make cluster`: a cluster with Stowage in it, left up for a person to use. */

const progress = progressTo(systemClock, (line) => void process.stderr.write(`${line}\n`));
const cluster = await Cluster.up({ owner: "nobody", progress });
await install(cluster, progress);
process.stdout.write(`
The cluster is up and Stowage is installed. Each node has two empty disks of 4 GiB:
/dev/ubdb and /dev/ubdc, also as /dev/disk/by-id/virtio-<node>-disk1 and -disk2.

  export KUBECONFIG=${cluster.kubeconfig}
  alias kubectl=${cluster.kubectlProgram}
  kubectl apply -f deploy/examples/
  kubectl get nls --watch

make down removes it.
`);
process.exit(0);
