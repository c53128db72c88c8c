import { nodeLocalStorages } from "@stowage/api";
import { systemClock } from "@stowage/clock";
import type { KubeClient } from "@stowage/kube";
import { httpsTransport, loadCredentials, makeClient } from "@stowage/kube";
import type { Cluster } from "@stowage/test-cluster";
import type { Plain } from "../kinds.ts";
import { kinds } from "../kinds.ts";
import { storageClass } from "../manifests.ts";
import { Slot } from "../slot.ts";
import type { NodeName, SlotName } from "./blows.ts";
import { chaosNodes, slotNames } from "./blows.ts";
import type { Life } from "./life.ts";
import { persist } from "./persist.ts";
import { Tally } from "./tally.ts";

/** The volume group that every node has, on two disks that can be made to fail. */
export const groupName = "chaos";

/** The class of a claim, by when it binds. */
export const classOf: Readonly<Record<Life["binding"], string>> = {
  first_consumer: groupName,
  immediate: "chaos-at-once",
};

const mebibytesOfSlot = 640;

/** The cluster under test and all that acts on it has in common. */
export type Site = {
  readonly cluster: Cluster;
  readonly client: KubeClient;
  /** Where the load lives. */
  readonly namespace: string;
  /** Where Stowage is installed. */
  readonly system: string;
  readonly slots: Readonly<Record<NodeName, Readonly<Record<SlotName, Slot>>>>;
  readonly tally: Tally;
  /** Tells whoever watches the run. */
  readonly say: (line: string) => void;
};

const silent = (): void => undefined;

/** Runs a script on a node and returns its stdout, trimmed. */
export const onNode = async (cluster: Cluster, node: string, script: string): Promise<string> => {
  const { stdout } = await cluster.node(node).exec(["bash", "-c", script]);
  return stdout.trim();
};

/** Makes disks, classes and a namespace on a cluster with Stowage, and waits until its groups are Ready. */
export const prepare = async (cluster: Cluster, say: (line: string) => void): Promise<Site> => {
  const client = makeClient({
    transport: httpsTransport(await loadCredentials({ kubeconfig: cluster.kubeconfig })),
    clock: systemClock,
    random: Math.random,
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  const host = { onNode: (node: string, script: string) => onNode(cluster, node, script) };
  const slot = (node: string, name: SlotName, disk: string): Promise<Slot> =>
    Slot.make(host, node, name, { disk, offsetMiB: 1, sizeMiB: mebibytesOfSlot });
  const slotsOf = async (node: string) => ({
    first: await slot(node, "first", "/dev/ubdb"),
    second: await slot(node, "second", "/dev/ubdc"),
  });
  const slots = { n1: await slotsOf("n1"), n2: await slotsOf("n2"), n3: await slotsOf("n3") };
  const namespace = "chaos";
  await client.create(kinds.Namespace, { metadata: { name: namespace } });
  const devices = (node: NodeName): string[] => slotNames.map((name) => slots[node][name].path);
  const nodes = Object.fromEntries(chaosNodes.map((node) => [node, devices(node)]));
  const classes: readonly Plain[] = [
    storageClass(classOf.first_consumer, { nodes, wipe: "as by default" }),
    {
      ...storageClass(classOf.immediate, {
        parameters: { volumeGroup: groupName },
        wipe: "as by default",
      }),
      volumeBindingMode: "Immediate",
    },
  ];
  for (const one of classes) {
    await client.create(kinds.StorageClass, { ...one, allowVolumeExpansion: true });
  }
  await persist("the groups of all nodes becoming Ready", async () => {
    const groups = (await client.list(nodeLocalStorages)).items;
    const ready = groups.filter(({ status }) =>
      status.conditions.some(({ type, status: is }) => type === "Ready" && is === "True"),
    );
    if (ready.length < chaosNodes.length) throw new Error(`${ready.length} groups are Ready`);
  });
  return { cluster, client, namespace, system: "stowage-system", slots, tally: new Tally(), say };
};
