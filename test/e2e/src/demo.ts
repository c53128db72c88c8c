import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { systemClock } from "@stowage/clock";
import { Cluster, patience, progressTo } from "@stowage/test-cluster";
import { installManifests } from "./install-manifests.ts";

/* `make demo`: from nothing to a StatefulSet on logical volumes, each step shown as it happens. */

const root = new URL("../../../", import.meta.url);
const example = (file: string): string =>
  fileURLToPath(new URL(`deploy/examples/${file}.yaml`, root));

const print = (text: string): void => void process.stdout.write(`${text.trimEnd()}\n`);
const headline = (text: string): void => print(`\n== ${text}`);

const progress = progressTo(systemClock, print);

headline("A Kubernetes cluster of three nodes, each with two empty disks of 4 GiB");
const cluster = await Cluster.up({ owner: "nobody", progress });

/** Shows a kubectl command as a person would type it, and what it prints. */
const kubectl = async (...argv: readonly string[]): Promise<string> => {
  print(`$ kubectl ${argv.map(shown).join(" ")}`);
  const output = await cluster.kubectl(argv);
  print(output);
  return output;
};

const shown = (word: string): string =>
  word.startsWith(fileURLToPath(root))
    ? word.slice(fileURLToPath(root).length)
    : /\s/.test(word)
      ? `'${word}'`
      : word;

/** Asks until the answer is as wanted; fails with the last answer. */
const until = async (
  what: string,
  ask: () => Promise<string>,
  isWanted: (answer: string) => boolean,
): Promise<string> => {
  const limit = Date.now() + 180_000;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (Date.now() > limit) throw new Error(`waited 180 s for ${what}; last: ${answer}`);
    await sleep(500);
  }
};

headline("Stowage: an agent on each node, an extender for the scheduler, a provisioner");
await installManifests(cluster, progress);
await kubectl("-n", "stowage-system", "get", "pods", "-o", "wide");

headline("A StorageClass that names the first disk of n1 and of n2");
await kubectl("apply", "-f", example("storage-class"));
await until(
  "both volume groups to be ready",
  () => cluster.kubectl(["get", "nls", "--no-headers"]),
  (table) => table.match(/True/g)?.length === 2,
);
await kubectl("get", "nls");

headline("A StatefulSet of three pods with 1 GiB each");
await kubectl("apply", "-f", example("stateful-set"));
await kubectl("rollout", "status", "statefulset/db", `--timeout=${180 * patience}s`);
await kubectl("get", "pods,pvc", "-o", "wide");

headline("On the nodes these are plain logical volumes");
for (const node of ["n1", "n2"]) {
  print(`${node}$ lvs fast`);
  print((await cluster.node(node).exec(["lvs", "fast"])).stdout);
}

headline("Data stays when a pod goes");
await kubectl("exec", "db-0", "--", "sh", "-c", "echo hello > /data/greeting && sync");
await kubectl("delete", "pod", "db-0");
await until(
  "db-0 to run again",
  () =>
    cluster.kubectl(["get", "pod", "db-0", "-o", "jsonpath={.status.phase}", "--ignore-not-found"]),
  (phase) => phase === "Running",
);
const greeting = await kubectl("exec", "db-0", "--", "cat", "/data/greeting");
if (greeting.trim() !== "hello") throw new Error(`the data is lost: ${greeting}`);

headline("A claim that fits nowhere waits, and its pod's event says why");
await kubectl("apply", "-f", example("too-large"));
const event = await until(
  "the scheduler's reason",
  () =>
    cluster.kubectl(
      "get events --field-selector involvedObject.name=too-large,reason=FailedScheduling -o jsonpath={.items[0].message}".split(
        " ",
      ),
    ),
  (message) => message !== "",
);
print(`FailedScheduling: ${event}`);
if (!event.includes("needs 100 GiB in fast")) throw new Error("the reason lacks the arithmetic");
await cluster.kubectl(["delete", "-f", example("too-large"), "--wait=false"]);

headline("What there is and what is left");
await kubectl("get", "nls");

print(`
The cluster stays up. To play on:
  export KUBECONFIG=${cluster.kubeconfig}
  alias kubectl=${cluster.kubectlProgram}
  kubectl scale statefulset db --replicas=6     # three more find room; a seventh would not
  kubectl describe nls n1.fast
  npm run cluster -- exec n1 lvs                # a node's own view
  npm run cluster -- power-cut n1               # and: npm run cluster -- boot n1
make down removes it.`);
process.exit(0);
