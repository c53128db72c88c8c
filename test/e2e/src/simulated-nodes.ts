import type { VolumeEntry } from "@stowage/api";
import {
  agentPodLabels,
  hostnameLabel,
  nodeLocalStorageName,
  nodeLocalStorages,
  nodes,
  pods,
} from "@stowage/api";
import { formatQuantity } from "@stowage/capacity";
import { systemClock } from "@stowage/clock";
import type { KubeClient } from "@stowage/kube";
import { startInformer } from "@stowage/kube";

/*
 * Nodes that are objects only: a Node that is Ready, a volume group, an agent's pod that is Ready,
 * and an agent that says of each volume at once that it is there.
 */

export const volumeGroup = "fast";
export const namespace = "stowage-system";

const silent = (): void => undefined;
const noLog = { debug: silent, info: silent, warn: silent, error: silent };

/** Calls `act` for 0 to count - 1, a few at a time. */
export const each = async (count: number, act: (index: number) => Promise<void>): Promise<void> => {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      await act(next - 1);
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
};

export const nodeName = (index: number): string => `node-${String(index).padStart(5, "0")}`;

/** @param roomOf a node, by its number, as a quantity. */
export const makeNodes = (
  client: KubeClient,
  count: number,
  roomOf: (index: number) => string,
): Promise<void> =>
  each(count, async (index) => {
    const name = nodeName(index);
    const room = { cpu: "64", memory: "256Gi", pods: "250" };
    await client.create(nodes, {
      metadata: { name, labels: { [hostnameLabel]: name } },
      status: {
        capacity: room,
        allocatable: room,
        conditions: [{ type: "Ready", status: "True", reason: "KubeletReady" }],
      },
    });
    await makeGroup(client, name, roomOf(index));
    await makeAgentPod(client, name);
  });

const makeGroup = async (client: KubeClient, node: string, room: string): Promise<void> => {
  const name = nodeLocalStorageName(node, volumeGroup);
  await client.create(nodeLocalStorages, {
    metadata: { name },
    spec: { nodeName: node, volumeGroup, volumes: [] },
  });
  const ready = {
    type: "Ready",
    status: "True",
    reason: "Ready",
    message: "",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
  const status = {
    observedGeneration: 1,
    extentSize: "4Mi",
    capacity: room,
    allocatable: room,
    conditions: [ready],
  };
  await client.patch(nodeLocalStorages, { name }, { kind: "merge", body: { status } }, "status");
};

const makeAgentPod = async (client: KubeClient, node: string): Promise<void> => {
  const name = `agent-${node}`;
  await client.create(pods, {
    metadata: { name, namespace, labels: agentPodLabels },
    spec: {
      nodeName: node,
      containers: [{ name: "agent", image: "none" }],
      tolerations: [{ operator: "Exists" }],
    },
  });
  const status = { phase: "Running", conditions: [{ type: "Ready", status: "True" }] };
  await client.patch(pods, { name, namespace }, { kind: "merge", body: { status } }, "status");
};

const report = ({ name, size, delete: tombstone }: VolumeEntry): object => ({
  name,
  size: formatQuantity(size),
  ...(tombstone === true
    ? { state: "Deleted" }
    : { state: "Ready", path: `/dev/${volumeGroup}/${name}` }),
});

/** Reports every volume in a ledger as made, and every tombstone as removed. */
export const startAgents = (client: KubeClient, signal: AbortSignal): void => {
  const informer = startInformer({
    client,
    resource: nodeLocalStorages,
    clock: systemClock,
    random: Math.random,
    log: noLog,
    signal,
  });
  informer.subscribe(({ kind, object }) => {
    const { metadata, spec, status } = object;
    if (kind === "deleted" || status.observedGeneration === metadata.generation) return;
    if (status.allocatable === undefined) return;
    const body = {
      status: { observedGeneration: metadata.generation, volumes: spec.volumes.map(report) },
    };
    client
      .patch(nodeLocalStorages, { name: metadata.name }, { kind: "merge", body }, "status")
      .catch((error: unknown) => {
        if (!signal.aborted) process.stderr.write(`agent of ${metadata.name}: ${String(error)}\n`);
      });
  });
};
