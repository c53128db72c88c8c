import { mkdir } from "node:fs/promises";
import path from "node:path";
import { addressesOf, controlPlaneAddress, nodeLinks } from "./address-plan.ts";
import { controlPlaneSubjects, kubeletSubject, writeCertificates } from "./certificates.ts";
import type { ClusterOptions } from "./cluster-options.ts";
import { command } from "./command.ts";
import type { Context } from "./context.ts";
import { ControlPlane } from "./control-plane.ts";
import { makeImage } from "./disk-image.ts";
import { kubeconfig, readCredentials } from "./kubeconfig.ts";
import { ipBatch, makeNamespace } from "./namespace.ts";
import { nodeFiles } from "./node-files.ts";
import { Node } from "./node.ts";
import type { Progress } from "./progress.ts";
import { startGateway } from "./start-gateway.ts";
import type { ClusterRecord, Layout, NodeRecord } from "./state-folder.ts";
import { writeRecord, writeWhole } from "./state-folder.ts";

/** A cluster of which everything runs; the API server is at `apiPort` of the host's loopback. */
export type RunningCluster = ClusterRecord & {
  readonly phase: "running";
  readonly apiPort: number;
};

/**
 * Starts everything that `record` names, which must not run yet, with the nodes of `plans`, and waits
 * until every node is Ready.
 * What runs after a failure is the caller's to end.
 */
export const bringUp = async (
  context: Context,
  record: ClusterRecord,
  plans: readonly NodeRecord[],
  golden: string,
  options: ClusterOptions,
  progress: Progress,
): Promise<RunningCluster> => {
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
  // One after the other: nodes may share a disk, which the first of them makes.
  for (const { name, disks } of plans) {
    for (const disk of disks) await makeImage(paths, name, disk);
  }
  const controlPlane = new ControlPlane(context, record.controllerManagerFlags);
  const nodes = plans.map(({ name, index }) => new Node(context, name, index));
  await controlPlane.writeSchedulerConfiguration(options.scheduler);
  await startAll(controlPlane, nodes, progress, async (node, index) => {
    const plan = plans[index];
    if (plan !== undefined) await makeNode(paths, node, plan, golden);
  });
  const running: RunningCluster = { ...record, phase: "running", apiPort };
  await writeRecord(paths.record, running);
  return running;
};

/** Starts the control plane and every node that `prepare` has made ready, until all are Ready. */
export const startAll = async (
  controlPlane: ControlPlane,
  nodes: readonly Node[],
  progress: Progress,
  prepare: (node: Node, index: number) => Promise<unknown>,
): Promise<void> => {
  await Promise.all([
    progress.stage("Control plane", () => startControlPlane(controlPlane)),
    ...nodes.map(async (node, index) => {
      await prepare(node, index);
      await progress.stage(`Boot of ${node.name}`, () => node.boot());
    }),
  ]);
  await Promise.all(
    nodes.map((node) => progress.stage(`Kubelet of ${node.name}`, () => node.ready())),
  );
  // It looks its Node up once, at its start.
  if (nodes.length > 0) {
    await progress.stage("kube-proxy", () => controlPlane.start("kube-proxy"));
  }
};

/** The file system with a new node's containers and images. */
export const copyGolden = (golden: string, file: string): Promise<string> =>
  command(["cp", "--sparse=always", "--reflink=auto", golden, file]);

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
  const admin = kubeconfig(inside, await readCredentials(paths.pki, "admin"));
  await writeWhole(paths.kubeconfig("admin-inside"), admin);
};

const startControlPlane = async (controlPlane: ControlPlane): Promise<void> => {
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
  plan: NodeRecord,
  golden: string,
): Promise<void> => {
  const folder = paths.node(node.name);
  await mkdir(folder, { recursive: true });
  await copyGolden(golden, paths.stateImage(node.name));
  await writeRecord(paths.nodeRecord(node.name), plan);
  const credentials = await readCredentials(paths.pki, `kubelet-${node.name}`);
  const files = {
    ...(await nodeFiles(plan, node.addresses)),
    "ca.crt": credentials.authority,
    "kubelet.crt": credentials.certificate,
    "kubelet.key": credentials.key,
    kubeconfig: kubeconfig(`https://${controlPlaneAddress}:443`, credentials),
  };
  for (const [file, text] of Object.entries(files)) await writeWhole(path.join(folder, file), text);
};
