import { spawn } from "node:child_process";
import { copyFile } from "node:fs/promises";
import path from "node:path";
import { systemClock } from "@stowage/clock";
import { Cluster, defaultName } from "./cluster.ts";
import { componentNames } from "./components.ts";
import { ClusterError } from "./errors.ts";
import { hostKinds } from "./host-kinds.ts";
import { logFiles } from "./log-files.ts";
import { tailOf } from "./processes.ts";
import { progressTo } from "./progress.ts";
import { stowageImage, withStowageImage } from "./stowage-image.ts";
import { upOptions, UsageError } from "./up-options.ts";

const help = `Kubernetes on user-mode Linux nodes with real LVM, for tests.

  npm run cluster -- up [--nodes 3] [--host KIND]... [--disk DISK]... [--memory 1536M] [--scheduler FILE]
  npm run cluster -- down
  npm run cluster -- status
  npm run cluster -- kubectl ARGUMENTS...
  npm run cluster -- exec NODE COMMAND...
  npm run cluster -- power-cut NODE
  npm run cluster -- boot NODE
  npm run cluster -- image FILE           builds Stowage's image into an OCI archive
  npm run cluster -- logs                 which logs there are
  npm run cluster -- logs COMPONENT       etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kube-proxy
  npm run cluster -- logs NODE            its console, kubelet and containerd
  npm run cluster -- help

Each takes --name NAME (${defaultName} by default) ahead of its other arguments; clusters with different
names live side by side.

--host says what kind of host the nodes are, for all or for each: ${hostKinds.join(", ")}.
--disk describes a disk, once per disk; without it each node has two of 4Gi. SIZE[,sectors=4096]
[,partitions=N][,shared=NAME], for instance 4Gi,partitions=2, or 0, or n2:4Gi for n2 alone.
`;

const print = (text: string): void =>
  void process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

type Invocation = { readonly name: string; readonly rest: readonly string[] };

/** Takes --name off the front: what follows belongs to the command, even if it begins with dashes. */
const takeName = (words: readonly string[]): Invocation => {
  const [first, second, ...rest] = words;
  if (first === "--name" && second !== undefined) return { name: second, rest };
  if (first?.startsWith("--name=") === true) {
    return { name: first.slice("--name=".length), rest: words.slice(1) };
  }
  return { name: defaultName, rest: words };
};

const needNode = async ({ name, rest }: Invocation) => {
  const [node, ...words] = rest;
  if (node === undefined) throw new UsageError("name a node, such as n1");
  return { node: (await Cluster.attach(name)).node(node), words };
};

const up = async ({ name, rest }: Invocation): Promise<number> => {
  const cluster = await Cluster.up({
    ...upOptions(rest),
    name,
    owner: "nobody",
    progress: progressTo(systemClock, say),
  });
  say(`The cluster ${name} is up. For kubectl and other clients:`);
  print(`export KUBECONFIG=${cluster.kubeconfig}`);
  return 0;
};

const status = async ({ name }: Invocation): Promise<number> => {
  const cluster = await Cluster.attach(name);
  print(`cluster ${name}: ${cluster.server}, KUBECONFIG=${cluster.kubeconfig}`);
  print(`  gateway: ${(await cluster.hasGateway()) ? "runs" : "is down: take the cluster down"}`);
  for (const component of componentNames) {
    print(
      `  ${component}: ${(await cluster.controlPlane.isRunning(component)) ? "runs" : "is down"}`,
    );
  }
  for (const node of cluster.nodes) {
    const state = (await node.isRunning()) ? "runs" : "is down";
    const disks = (await node.disks()).map((disk) => `${disk.name} ${disk.device}`).join(", ");
    print(`  ${node.name}: ${await node.host()}, ${state}, ${node.addresses.address}, ${disks}`);
  }
  return 0;
};

/** kubectl with our own terminal, so that `edit`, `exec -it` and `logs -f` work too. */
const kubectl = async ({ name, rest }: Invocation): Promise<number> => {
  const cluster = await Cluster.attach(name);
  const child = spawn(cluster.kubectlProgram, rest, {
    stdio: "inherit",
    env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
};

const exec = async (invocation: Invocation): Promise<number> => {
  const { node, words } = await needNode(invocation);
  const [file, ...args] = words[0] === "--" ? words.slice(1) : words;
  if (file === undefined) throw new UsageError("say what to run in the node, such as `vgs`");
  const result = await node.tryExec([file, ...args]);
  process.stdout.write(result.stdout);
  process.stderr.write(result.stderr);
  return result.exitCode;
};

const image = async ({ rest: [file] }: Invocation): Promise<number> => {
  if (file === undefined) throw new UsageError("name the archive to write, such as stowage.tar");
  const save = async (archive: string): Promise<void> => copyFile(archive, file);
  await withStowageImage(progressTo(systemClock, say), save, undefined, "whole");
  say(
    `${stowageImage} is in ${file}, for \`ctr images import\` or \`skopeo copy oci-archive:${file}\``,
  );
  return 0;
};

const powerCut = async (invocation: Invocation): Promise<number> => {
  const { node } = await needNode(invocation);
  await node.powerCut();
  return 0;
};

const boot = async (invocation: Invocation): Promise<number> => {
  const { node } = await needNode(invocation);
  const progress = progressTo(systemClock, say);
  await progress.stage(`Boot of ${node.name}`, () => node.boot());
  await progress.stage(`Kubelet of ${node.name}`, () => node.ready());
  return 0;
};

/** Works on what a cluster that did not come up left behind, too. */
const logs = async ({ name, rest }: Invocation): Promise<number> => {
  const { folder, files } = await logFiles(name);
  const [wanted] = rest;
  if (wanted === undefined) {
    for (const file of files) print(path.join(folder, file));
    return 0;
  }
  const chosen = files.filter(
    (file) => file.split("/").includes(wanted) || file === `logs/${wanted}.log`,
  );
  if (chosen.length === 0) throw new UsageError(`there is no log of ${wanted} in ${folder}`);
  for (const file of chosen) print(await tailOf(path.join(folder, file), 100));
  return 0;
};

const down = async ({ name }: Invocation): Promise<number> => {
  await progressTo(systemClock, say).stage(`Removal of ${name}`, () => Cluster.remove(name));
  return 0;
};

const commands: Readonly<Record<string, (invocation: Invocation) => Promise<number>>> = {
  up,
  down,
  status,
  kubectl,
  exec,
  "power-cut": powerCut,
  image,
  boot,
  logs,
};

const main = async (words: readonly string[]): Promise<number> => {
  const [name = "help", ...rest] = words;
  if (name === "help" || name === "--help" || name === "-h") {
    print(help);
    return 0;
  }
  const command = commands[name];
  if (command === undefined) throw new UsageError(`there is no command ${name}`);
  return command(takeName(rest));
};

const isUsage = (error: unknown): error is Error =>
  error instanceof UsageError ||
  (error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS"));

// Who reads may have seen enough: `logs n1 | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (isUsage(error)) say(`${error.message}; \`npm run cluster -- help\` tells the usage`);
  else if (error instanceof ClusterError) say(`${error.code}: ${error.message}`);
  else throw error;
  process.exitCode = 1;
}
