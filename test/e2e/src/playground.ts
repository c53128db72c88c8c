import { systemClock } from "@stowage/clock";
import { Cluster, progressTo } from "@stowage/test-cluster";
import { install } from "./install.ts";
import { waysIn } from "./kept-cluster.ts";

/* `make cluster`: a cluster with Stowage in it, left up for a person to use. */

const progress = progressTo(systemClock, (line) => void process.stderr.write(`${line}\n`));
const cluster = await Cluster.up({ owner: "nobody", progress });
await install(cluster, progress);
process.stdout.write(`${waysIn(cluster)}
To begin with:
  kubectl apply -f deploy/examples/
  kubectl get nls --watch
`);
process.exit(0);
