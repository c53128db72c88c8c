import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { csiStorageCapacities, provisionerName, storageClasses } from "@stowage/api";
import { systemClock } from "@stowage/clock";
import type { KubeClient } from "@stowage/kube";
import { httpsTransport, loadCredentials, makeClient } from "@stowage/kube";
import type { Program, SchedulerConfiguration } from "@stowage/test-cluster";
import { Cluster, patience } from "@stowage/test-cluster";
import { parse } from "yaml";
import { fileOf } from "@stowage/test-chart";
import { bundlePrograms } from "./install.ts";
import type { Plain } from "./kinds.ts";
import { makeNodes, namespace, startAgents, volumeGroup } from "./simulated-nodes.ts";

/*
 * A cluster of which only the control plane is real, with the real extender and provisioner over
 * nodes that are objects: so there can be thousands of them.
 */

const extenderPort = 9808;
const silent = (): void => undefined;
const noLog = { debug: silent, info: silent, warn: silent, error: silent };

/** No request waits for a limit of one's own. */
const unhurried = { clientConnection: { qps: 2000, burst: 4000 } };

/** deploy/scheduler/extender.yaml with the extender's address; or nothing of it. */
export const schedulerConfiguration = async (
  extender: "with" | "without",
): Promise<SchedulerConfiguration> => {
  if (extender === "without") return unhurried;
  const text = await readFile(fileOf("deploy/scheduler/extender.yaml"), "utf8");
  const given = parse(text.replace("STOWAGE_EXTENDER", `127.0.0.1:${extenderPort}`)) as Plain;
  return { ...given, ...unhurried };
};

export class Simulated implements AsyncDisposable {
  readonly cluster: Cluster;
  readonly client: KubeClient;
  readonly extender: Program;
  readonly #provisioner: Program;
  readonly #agents = new AbortController();

  private constructor(cluster: Cluster, client: KubeClient, bundle: string) {
    this.cluster = cluster;
    this.client = client;
    const program = (name: string, env: Readonly<Record<string, string>>): Program =>
      cluster.program({
        name,
        argv: [process.execPath, bundle, name],
        env: {
          KUBECONFIG: cluster.kubeconfigInside,
          POD_NAMESPACE: namespace,
          POD_NAME: name,
          LOG_LEVEL: "warn",
          ...env,
        },
      });
    this.extender = program("extender", { PORT: `${extenderPort}` });
    this.#provisioner = program("provisioner", {});
  }

  /**
   * Brings up a cluster of that name whose scheduler does not ask the extender yet.
   * @param roomOf a node, by its number, as a quantity.
   */
  static async up(options: {
    readonly name: string;
    readonly nodes: number;
    readonly roomOf: (index: number) => string;
  }): Promise<Simulated> {
    const bundle = await bundlePrograms();
    const cluster = await Cluster.up({
      name: options.name,
      nodes: 0,
      scheduler: await schedulerConfiguration("without"),
      controllerManagerFlags: [
        // Nodes that no kubelet speaks for stay as they are.
        "--controllers=*,-node-lifecycle-controller,-taint-eviction-controller",
        "--kube-api-qps=2000",
        "--kube-api-burst=4000",
      ],
    });
    try {
      const client = makeClient({
        transport: httpsTransport(await loadCredentials({ kubeconfig: cluster.kubeconfig })),
        clock: systemClock,
        random: Math.random,
        log: noLog,
      });
      const simulated = new Simulated(cluster, client, bundle);
      await simulated.#fill(options.nodes, options.roomOf);
      return simulated;
    } catch (error) {
      await cluster.down();
      throw error;
    }
  }

  /** Waits until the extender answers for pods with claims. */
  async extenderReady(): Promise<void> {
    const forward = await this.cluster.forward({ host: "127.0.0.1", port: extenderPort });
    try {
      for (;;) {
        const answer = await fetch(`http://127.0.0.1:${forward.port}/readyz`).catch(
          () => undefined,
        );
        if (answer?.status === 200) return;
        if (!(await this.extender.isRunning())) throw new Error(await this.extender.tail());
        await sleep(250);
      }
    } finally {
      await forward.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#agents.abort();
    await this.cluster.down();
  }

  async #fill(nodes: number, roomOf: (index: number) => string): Promise<void> {
    await this.#install();
    await makeNodes(this.client, nodes, roomOf);
    startAgents(this.client, this.#agents.signal);
    await this.#provisioner.start();
    await this.extender.start();
    await this.extenderReady();
    await this.#capacityPublished(nodes);
  }

  /** What of Stowage's manifests is no program, and a class. */
  async #install(): Promise<void> {
    await this.cluster.kubectl(["apply", "--server-side", "-f", fileOf("crds")]);
    await this.cluster.kubectl(["create", "namespace", namespace]);
    const manifest = await readFile(fileOf("deploy/manifests/20-provisioner.yaml"), "utf8");
    const driver = manifest.split(/^---$/m).find((part) => /^kind: CSIDriver$/m.test(part));
    if (driver === undefined) throw new Error("the provisioner's manifest has no CSIDriver");
    await this.cluster.kubectl(["apply", "--server-side", "-f", "-"], { input: driver });
    await this.client.create(storageClasses, {
      metadata: { name: volumeGroup },
      provisioner: provisionerName,
      volumeBindingMode: "WaitForFirstConsumer",
      parameters: { volumeGroup },
    });
    // Pods can be made only when their namespace has its account.
    for (const where of [namespace, "default"]) {
      await this.cluster.kubectl([
        ..."wait --for=create serviceaccount/default".split(" "),
        `--timeout=${60 * patience}s`,
        `--namespace=${where}`,
      ]);
    }
  }

  /** Waits until the provisioner has published what room there is on every node. */
  async #capacityPublished(count: number): Promise<void> {
    for (;;) {
      const { items } = await this.client.list(csiStorageCapacities, { namespace });
      if (items.length >= count) return;
      if (!(await this.#provisioner.isRunning())) throw new Error(await this.#provisioner.tail());
      await sleep(1000);
    }
  }
}
