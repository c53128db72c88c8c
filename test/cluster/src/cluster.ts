import { mkdir, rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseQuantity } from "@stowage/capacity";
import type { Clock } from "@stowage/clock";
import { seconds, systemClock } from "@stowage/clock";
import { addressesOf, controlPlaneAddress, nodeLinks } from "./address-plan.ts";
import { baseImage } from "./base-image.ts";
import { binariesFolder } from "./binaries.ts";
import { controlPlaneSubjects, kubeletSubject, writeCertificates } from "./certificates.ts";
import { command } from "./command.ts";
import type { CommandOptions } from "./command.ts";
import type { Context } from "./context.ts";
import { ControlPlane } from "./control-plane.ts";
import { waitFor } from "./deadline.ts";
import { ClusterError } from "./errors.ts";
import { connectThrough, forwardThrough } from "./gateway-client.ts";
import type { Forward, Target } from "./gateway-client.ts";
import { goldenState } from "./golden-state.ts";
import { checkHost } from "./host.ts";
import { kubeconfig, readCredentials } from "./kubeconfig.ts";
import { startGateway } from "./start-gateway.ts";
import { inNamespace, ipBatch, makeNamespace, removeNamespace } from "./namespace.ts";
import { nodeFiles } from "./node-files.ts";
import { Node } from "./node.ts";
import { identify, isAlive, killAll, processesIn, processesOf } from "./processes.ts";
import type { Progress } from "./progress.ts";
import { silent } from "./progress.ts";
import type { SchedulerConfiguration } from "./scheduler-configuration.ts";
import {
  clusterRecord,
  layout,
  nodeRecord,
  readRecord,
  stateFolder,
  writeRecord,
  writeWhole,
} from "./state-folder.ts";
import { stowageImage, withStowageImage, withStowageLvmImage } from "./stowage-image.ts";
import type { ClusterRecord, DiskRecord, Layout } from "./state-folder.ts";

export type ClusterOptions = {
  /** Clusters with different names live side by side; `dev` by default. */
  readonly name?: string;
  /** How many nodes, called n1, n2, ...; three by default. With none, the control plane alone runs. */
  readonly nodes?: number;
  /** Sizes of each node's empty disks, as Kubernetes quantities; two of 4Gi by default. */
  readonly disks?: readonly string[];
  /** Memory of each node in the kernel's notation; 1536M by default. */
  readonly memory?: string;
  readonly scheduler?: SchedulerConfiguration;
  /** For instance `--node-monitor-grace-period=10s`. */
  readonly controllerManagerFlags?: readonly string[];
  /** Whose end makes the cluster a leftover that the next `up` removes; this process by default. */
  readonly owner?: "this process" | "nobody";
  readonly progress?: Progress;
  readonly clock?: Clock;
};

export const defaultName = "dev";

/** A Kubernetes cluster of user-mode Linux nodes with real LVM. */
export class Cluster implements AsyncDisposable {
  readonly name: string;
  /** Path of an admin's kubeconfig that works in the host's own network namespace. */
  readonly kubeconfig: string;
  /** The API server as `kubeconfig` reaches it. */
  readonly server: string;
  readonly controlPlane: ControlPlane;
  readonly nodes: readonly Node[];
  readonly #context: Context;

  private constructor(context: Context, record: ClusterRecord, apiPort: number) {
    this.#context = context;
    this.name = record.name;
    this.kubeconfig = context.layout.kubeconfig("admin");
    this.server = `https://127.0.0.1:${apiPort}`;
    this.controlPlane = new ControlPlane(context, record.controllerManagerFlags);
    this.nodes = record.nodes.map((name, index) => new Node(context, name, index + 1));
  }

  /**
   * Brings a cluster up until every node is Ready. What an earlier cluster of this name left behind
   * because its owner was killed is removed first. After a failure nothing runs, and the state
   * folder with its logs stays until the next `up` or `down`.
   * @throws ClusterError `already_running`, `host_unsuitable`, or what kept a part from starting.
   */
  static async up(options: ClusterOptions = {}): Promise<Cluster> {
    const clock = options.clock ?? systemClock;
    const progress = options.progress ?? silent;
    const name = options.name ?? defaultName;
    await checkHost();
    await refuseRunning(name);
    await Cluster.remove(name, clock);
    const binaries = await binariesFolder(progress);
    const count = options.nodes ?? 3;
    const golden =
      count === 0 ? "" : await goldenState(progress, binaries, [await baseImage(progress)]);
    const folder = stateFolder(name);
    const context: Context = {
      clock,
      binaries,
      layout: layout(folder),
      namespace: namespaceOf(name),
    };
    const record: ClusterRecord = {
      name,
      namespace: context.namespace,
      binaries,
      phase: "starting",
      owner: await identify(process.pid),
      lifetime: options.owner === "nobody" ? "until down" : "owner's",
      nodes: Array.from({ length: count }, (_, index) => `n${index + 1}`),
      controllerManagerFlags: [...(options.controllerManagerFlags ?? [])],
    };
    try {
      return await bringUp(context, record, golden, options, progress);
    } catch (error) {
      await killAll(clock, folder);
      await removeNamespace(context.namespace);
      throw error;
    }
  }

  /**
   * The running cluster called `name`, from any process.
   * @throws ClusterError `not_running`
   */
  static async attach(name: string = defaultName, clock: Clock = systemClock): Promise<Cluster> {
    const paths = layout(stateFolder(name));
    const record = await readRecord(paths.record, clusterRecord);
    if (record?.phase !== "running" || record.apiPort === undefined) {
      throw new ClusterError(
        "not_running",
        `no cluster called ${name} is running: \`npm run cluster -- up --name ${name}\` brings it up`,
      );
    }
    return Cluster.of(
      { clock, layout: paths, namespace: record.namespace, binaries: record.binaries },
      record,
      record.apiPort,
    );
  }

  static of(context: Context, record: ClusterRecord, apiPort: number): Cluster {
    return new Cluster(context, record, apiPort);
  }

  /** Ends and removes whatever there is of the cluster called `name`; nothing is fine too. */
  static async remove(name: string, clock: Clock = systemClock): Promise<void> {
    const folder = stateFolder(name);
    const namespace = namespaceOf(name);
    await killAll(clock, folder);
    await refuseStrangers(clock, namespace, folder);
    await removeNamespace(namespace);
    await rm(folder, { recursive: true, force: true });
  }

  /** @throws ClusterError `node_unknown` */
  node(name: string): Node {
    const node = this.nodes.find((candidate) => candidate.name === name);
    if (node !== undefined) return node;
    const names = this.nodes.map((other) => other.name).join(", ");
    throw new ClusterError("node_unknown", `there is no node ${name}: the cluster has ${names}`);
  }

  /** Runs kubectl as admin and returns its stdout. @throws ClusterError `command_failed` */
  kubectl(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
    return command([path.join(this.#context.binaries, "kubectl"), ...argv], {
      ...options,
      env: { ...options.env, KUBECONFIG: this.kubeconfig },
    });
  }

  /** kubectl of the cluster's own version. */
  get kubectlProgram(): string {
    return path.join(this.#context.binaries, "kubectl");
  }

  /** Runs a program of the host inside the cluster's network and returns its stdout. */
  runInNetwork(argv: readonly [string, ...string[]]): Promise<string> {
    return inNamespace(this.#context.namespace, argv);
  }

  /** Connects from the host to an address of the cluster's network, such as a pod's. */
  connect(target: Target) {
    return connectThrough(this.#context.layout.gateway, target);
  }

  /** A port of the host's loopback that leads to an address of the cluster's network. */
  forward(target: Target): Promise<Forward> {
    return forwardThrough(this.#context.layout.gateway, target);
  }

  /** Imports an image archive into every running node. */
  async loadImage(archive: string): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.loadImage(archive)));
  }

  /**
   * Builds Stowage's image from deploy/Dockerfile and dist/ and imports it into every running node
   * as `stowageImage`. @throws ClusterError `image_build_failed`
   */
  async loadStowageImage(context?: string, progress: Progress = silent): Promise<void> {
    await withStowageImage(
      progress,
      (archive) =>
        progress.stage(`Importing ${stowageImage} into the nodes`, () => this.loadImage(archive)),
      context,
    );
  }

  /** As loadStowageImage, of deploy/Dockerfile.lvm as `stowageLvmImage`, into one node. */
  async loadStowageLvmImage(node: Node, progress: Progress = silent): Promise<void> {
    await withStowageLvmImage(progress, (archive) => node.loadImage(archive));
  }

  /** Ends and removes everything. */
  async down(): Promise<void> {
    await Cluster.remove(this.name, this.#context.clock);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }
}

const namespaceOf = (name: string): string => `stowage-${name}`;

/** A process that someone else started in the cluster's namespace is not ours to end. */
const refuseStrangers = async (clock: Clock, namespace: string, folder: string): Promise<void> => {
  try {
    await waitFor({ clock, what: `${namespace} to be empty`, limit: seconds(5) }, async () => {
      const strangers = await processesIn(namespace);
      return strangers.length === 0
        ? { kind: "there", value: undefined }
        : { kind: "not yet", why: `process ${strangers.join(", ")} is in it` };
    });
  } catch (error) {
    throw new ClusterError(
      "namespace_in_use",
      `the network namespace ${namespace} has processes that the cluster in ${folder} did not start: end them, or use another name; ${String(error)}`,
      { cause: error },
    );
  }
};

const refuseRunning = async (name: string): Promise<void> => {
  const folder = stateFolder(name);
  const record = await readRecord(layout(folder).record, clusterRecord);
  if (record === undefined) return;
  const endures = record.phase === "running" && record.lifetime === "until down";
  if (!endures && !(await isAlive(record.owner))) return;
  if ((await processesOf(folder)).length === 0) return;
  throw new ClusterError(
    "already_running",
    `a cluster called ${name} is running already, brought up by process ${record.owner.pid}: attach to it, take it down, or use another name`,
  );
};

const bringUp = async (
  context: Context,
  record: ClusterRecord,
  golden: string,
  options: ClusterOptions,
  progress: Progress,
): Promise<Cluster> => {
  const paths = context.layout;
  for (const folder of [paths.folder, paths.logs, paths.etcd, paths.uml, paths.processes]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  await writeRecord(paths.record, record);
  const apiPort = await progress.stage("Network and certificates", async () => {
    await makeNamespace(context.namespace);
    await ipBatch(
      context.namespace,
      record.nodes.flatMap((_, index) => nodeLinks(addressesOf(index + 1))),
    );
    await writeCertificates(paths.pki, [
      ...controlPlaneSubjects,
      ...record.nodes.map((node, index) => kubeletSubject(node, addressesOf(index + 1).address)),
    ]);
    const port = await startGateway(context);
    await writeKubeconfigs(paths, port);
    return port;
  });
  const running: ClusterRecord = { ...record, phase: "running", apiPort };
  const cluster = Cluster.of(context, running, apiPort);
  await Promise.all([
    progress.stage("Control plane", () => startControlPlane(cluster.controlPlane, options)),
    ...cluster.nodes.map(async (node, index) => {
      await makeNode(paths, node, index + 1, golden, options);
      await progress.stage(`Boot of ${node.name}`, () => node.boot());
    }),
  ]);
  await Promise.all(
    cluster.nodes.map((node) => progress.stage(`Kubelet of ${node.name}`, () => node.ready())),
  );
  // It looks its Node up once, at its start.
  if (cluster.nodes.length > 0) {
    await progress.stage("kube-proxy", () => cluster.controlPlane.start("kube-proxy"));
  }
  await writeRecord(paths.record, running);
  return cluster;
};

const writeKubeconfigs = async (paths: Layout, apiPort: number): Promise<void> => {
  const inside = `https://${controlPlaneAddress}:443`;
  const users = {
    admin: `https://127.0.0.1:${apiPort}`,
    "kube-scheduler": inside,
    "kube-controller-manager": inside,
    "kube-proxy": inside,
  };
  for (const [user, server] of Object.entries(users)) {
    const text = kubeconfig(server, await readCredentials(paths.pki, user));
    await writeWhole(paths.kubeconfig(user), text);
  }
};

const startControlPlane = async (
  controlPlane: ControlPlane,
  options: ClusterOptions,
): Promise<void> => {
  await controlPlane.writeSchedulerConfiguration(options.scheduler);
  await controlPlane.start("etcd");
  // The others log nothing but refusals until the API server has made its own roles.
  await controlPlane.start("kube-apiserver");
  await Promise.all([
    controlPlane.start("kube-controller-manager"),
    controlPlane.start("kube-scheduler"),
  ]);
};

const makeNode = async (
  paths: Layout,
  node: Node,
  index: number,
  golden: string,
  options: ClusterOptions,
): Promise<void> => {
  const folder = paths.node(node.name);
  await mkdir(folder, { recursive: true });
  await command(["cp", "--sparse=always", "--reflink=auto", golden, paths.stateImage(node.name)]);
  const disks = (options.disks ?? ["4Gi", "4Gi"]).map((size, position): DiskRecord => ({
    name: `disk${position + 1}`,
    unit: position + 1,
    sizeBytes: parseQuantity(size),
    plugged: "in",
  }));
  for (const disk of disks) {
    const file = paths.disk(node.name, disk.name);
    await writeFile(file, "");
    await truncate(file, disk.sizeBytes);
  }
  await writeRecord(
    paths.nodeRecord(node.name),
    nodeRecord.parse({ name: node.name, index, memory: options.memory ?? "1536M", disks }),
  );
  const credentials = await readCredentials(paths.pki, `kubelet-${node.name}`);
  const files = {
    ...(await nodeFiles(node.name, node.addresses)),
    "ca.crt": credentials.authority,
    "kubelet.crt": credentials.certificate,
    "kubelet.key": credentials.key,
    kubeconfig: kubeconfig(`https://${controlPlaneAddress}:443`, credentials),
  };
  for (const [file, text] of Object.entries(files)) await writeWhole(path.join(folder, file), text);
};
