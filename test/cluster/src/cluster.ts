import path from "node:path";
import type { Clock } from "@stowage/clock";
import { systemClock } from "@stowage/clock";
import { bringUp } from "./bring-up.ts";
import type { ClusterOptions } from "./cluster-options.ts";
import type { CommandOptions } from "./command.ts";
import { command } from "./command.ts";
import type { Context } from "./context.ts";
import { ControlPlane } from "./control-plane.ts";
import { ClusterError } from "./errors.ts";
import type { Forward, Target } from "./gateway-client.ts";
import { connectThrough, forwardThrough } from "./gateway-client.ts";
import { checkHost } from "./host.ts";
import { ingredients, withoutNodes } from "./ingredients.ts";
import { claimName } from "./claim-name.ts";
import { namespaceOf, removeCluster } from "./leftovers.ts";
import { inNamespace, removeNamespace } from "./namespace.ts";
import { planNodes } from "./node-plan.ts";
import { Node } from "./node.ts";
import { identify, isAlive, killAll } from "./processes.ts";
import { Program } from "./program.ts";
import type { ProgramOptions } from "./program.ts";
import type { Progress } from "./progress.ts";
import { silent } from "./progress.ts";
import { rebuild } from "./rebuild.ts";
import type { ClusterRecord } from "./state-folder.ts";
import {
  clusterRecord,
  layout,
  processIdentity,
  readRecord,
  stateFolder,
  writeRecord,
} from "./state-folder.ts";
import { stowageImage, withStowageImage, withStowageLvmImage } from "./stowage-image.ts";

export const defaultName = "dev";

/** A Kubernetes cluster of user-mode Linux nodes with real LVM. */
export class Cluster implements AsyncDisposable {
  readonly name: string;
  /** Path of an admin's kubeconfig that works in the host's own network namespace. */
  readonly kubeconfig: string;
  /** Path of an admin's kubeconfig for programs inside the cluster's network. */
  readonly kubeconfigInside: string;
  /** The API server as `kubeconfig` reaches it. */
  readonly server: string;
  readonly controlPlane: ControlPlane;
  readonly nodes: readonly Node[];
  readonly #context: Context;

  private constructor(context: Context, record: ClusterRecord, apiPort: number) {
    this.#context = context;
    this.name = record.name;
    this.kubeconfig = context.layout.kubeconfig("admin");
    this.kubeconfigInside = context.layout.kubeconfig("admin-inside");
    this.server = `https://127.0.0.1:${apiPort}`;
    this.controlPlane = new ControlPlane(context, record.controllerManagerFlags);
    this.nodes = record.nodes.map((name, index) => new Node(context, name, index + 1));
  }

  /**
   * Brings a cluster up until every node is Ready. What an earlier cluster of this name left behind
   * because its owner was killed is removed first. After a failure nothing runs, and the state
   * folder with its logs stays until the next `up` or `down`.
   * @throws ClusterError `already_running`, `host_unsuitable`, what planNodes refuses, or what kept a part from starting.
   */
  static async up(options: ClusterOptions = {}): Promise<Cluster> {
    const clock = options.clock ?? systemClock;
    const progress = options.progress ?? silent;
    const name = options.name ?? defaultName;
    const plans = planNodes(options);
    await checkHost(plans.length);
    const record: ClusterRecord = {
      name,
      namespace: namespaceOf(name),
      phase: "starting",
      owner: await identify(process.pid),
      lifetime: options.owner === "nobody" ? "until down" : "owner's",
      nodes: plans.map((plan) => plan.name),
      controllerManagerFlags: [...(options.controllerManagerFlags ?? [])],
    };
    const paths = layout(stateFolder(name));
    await claimName(record, clock);
    try {
      const { binaries, kernel, golden } =
        plans.length === 0 ? await withoutNodes(progress) : await ingredients(clock, progress);
      const context: Context = {
        clock,
        binaries,
        kernel,
        layout: paths,
        namespace: record.namespace,
      };
      const made = { ...record, binaries, kernel };
      const running = await bringUp(context, made, plans, golden, options, progress);
      return new Cluster(context, running, running.apiPort);
    } catch (error) {
      await killAll(clock, paths.folder);
      await removeNamespace(record.namespace);
      await writeRecord(paths.record, { ...record, phase: "failed" });
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
    const { phase, apiPort, binaries, kernel } = record ?? {};
    if (
      record === undefined ||
      phase !== "running" ||
      apiPort === undefined ||
      binaries === undefined ||
      kernel === undefined
    ) {
      throw new ClusterError(
        "not_running",
        `no cluster called ${name} is running: \`npm run cluster -- up --name ${name}\` brings it up`,
      );
    }
    return new Cluster(
      {
        clock,
        layout: paths,
        namespace: record.namespace,
        binaries,
        kernel,
      },
      record,
      apiPort,
    );
  }

  /** Ends and removes whatever there is of the cluster called `name`; nothing is fine too. */
  static async remove(name: string, clock: Clock = systemClock): Promise<void> {
    await removeCluster(name, clock);
  }

  /** Whether the host still reaches into the cluster's network; without it, only `down` is of use. */
  async hasGateway(): Promise<boolean> {
    const identity = await readRecord(this.#context.layout.process("gateway"), processIdentity);
    return identity !== undefined && (await isAlive(identity));
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

  /** A program of the host to be run inside the cluster's network, for as long as one wants. */
  program(options: ProgramOptions): Program {
    return new Program(this.#context, options);
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

  /** Makes the cluster anew on the disks of its nodes; see rebuild.ts. Images are gone too. */
  async rebuild(progress: Progress = silent): Promise<void> {
    const { golden } = await ingredients(this.#context.clock, progress);
    await rebuild(this.#context, this.controlPlane, this.nodes, golden, progress);
  }

  /** Ends and removes everything. */
  async down(): Promise<void> {
    await Cluster.remove(this.name, this.#context.clock);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }
}
