import { setTimeout as sleep } from "node:timers/promises";
import type { VolumeEntryWire } from "@stowage/api";
import { nodeLocalStorages } from "@stowage/api";
import type { KubeClient } from "@stowage/kube";
import type { Cluster } from "@stowage/test-cluster";
import type { Measures } from "./agent/measures.ts";
import { measuresIn } from "./agent/measures.ts";
import { attach, say } from "./cluster-client.ts";

/*
 * The agent by itself, on a running cluster with Stowage in it (`make cluster`): its memory with 50
 * volumes, idle and after 100 more, and what a volume and an idle minute cost in LVM commands. The
 * provisioner is stopped meanwhile, so that nothing but the ledger asks. Needs n1's first disk empty.
 */

const group = "benchagent";
const name = `n1.${group}`;
const idleVolumes = 50;
const creates = 100;
const mebi = 1024 ** 2;

const system = (text: string): string[] => ["-n", "stowage-system", ...text.split(" ")];

const agentPod = async (cluster: Cluster): Promise<string> =>
  cluster.kubectl([
    ...system("get pods -l app.kubernetes.io/component=agent"),
    "--field-selector=spec.nodeName=n1",
    "--output=jsonpath={.items[0].metadata.name}",
  ]);

const measure = async (cluster: Cluster): Promise<Measures> => {
  const pod = await agentPod(cluster);
  const page = `/api/v1/namespaces/stowage-system/pods/${pod}:9807/proxy/metrics`;
  return measuresIn(await cluster.kubectl(["get", "--raw", page]));
};

const entries = (count: number): VolumeEntryWire[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `bench-${index}`,
    size: "4Mi",
    volumeMode: "Filesystem",
    pending: true,
  }));

/** Asks for the first `count` volumes and waits until all are Ready. */
const wish = async (client: KubeClient, count: number): Promise<void> => {
  const body = { spec: { volumes: entries(count) } };
  await client.patch(nodeLocalStorages, { name }, { kind: "merge", body });
  for (;;) {
    const object = await client.find(nodeLocalStorages, { name });
    if (object?.status.volumeCount === count) return;
    await sleep(20);
  }
};

const groupReady = (cluster: Cluster): Promise<string> =>
  cluster.kubectl(["wait", "--for=condition=Ready", `nls/${name}`, "--timeout=120s"]);

const agentsReady = (cluster: Cluster): Promise<string> =>
  cluster.kubectl(system("rollout status daemonset/stowage-agent --timeout=120s"));

const restartAgent = async (cluster: Cluster): Promise<void> => {
  await cluster.kubectl([...system("delete pod"), await agentPod(cluster)]);
  await agentsReady(cluster);
};

/** The chart's own default; clusters for tests are installed with less. */
const usualScanSeconds = "60";

const scanSecondsOf = (cluster: Cluster): Promise<string> =>
  cluster.kubectl([
    ...system("get daemonset stowage-agent -o"),
    `jsonpath={.spec.template.spec.containers[0].env[?(@.name=="SCAN_SECONDS")].value}`,
  ]);

const scanEvery = async (cluster: Cluster, seconds: string): Promise<void> => {
  await cluster.kubectl(system(`set env daemonset/stowage-agent SCAN_SECONDS=${seconds}`));
  await agentsReady(cluster);
};

const measureAll = async (cluster: Cluster, client: KubeClient): Promise<object> => {
  say(`${idleVolumes} volumes, then a new agent and a minute of rest`);
  await wish(client, idleVolumes);
  await restartAgent(cluster);
  await sleep(20_000);
  const before = await measure(cluster);
  await sleep(60_000);
  const idle = await measure(cluster);

  say(`${creates} volumes, one after another`);
  const begun = performance.now();
  for (let count = idleVolumes + 1; count <= idleVolumes + creates; count += 1) {
    await wish(client, count);
  }
  const whole = (performance.now() - begun) / 1000;
  const after = await measure(cluster);
  return {
    rssIdleMiB: Math.round(idle.residentBytes / mebi),
    rssAfterMiB: Math.round(after.residentBytes / mebi),
    lvmCommandsPerCreate: (after.commands - idle.commands) / creates,
    lvmCommandsPerIdleMinute: idle.commands - before.commands,
    createOverLvm: Number((whole / (after.seconds - idle.seconds)).toFixed(2)),
  };
};

export const run = async (): Promise<object> => {
  const { cluster, client } = await attach();
  const installed = await scanSecondsOf(cluster);
  await cluster.kubectl(system("scale deployment/stowage-provisioner --replicas=0"));
  try {
    await scanEvery(cluster, usualScanSeconds);
    const devices = [{ path: "/dev/ubdb" }];
    await client.create(nodeLocalStorages, {
      metadata: { name },
      spec: { nodeName: "n1", volumeGroup: group, devices },
    });
    await groupReady(cluster);
    return await measureAll(cluster, client);
  } finally {
    await client.delete(nodeLocalStorages, { name });
    await cluster.node("n1").exec(["vgremove", "--force", "--yes", group]);
    await cluster.node("n1").exec(["pvremove", "--yes", "/dev/ubdb"]);
    await scanEvery(cluster, installed);
    await cluster.kubectl(system("scale deployment/stowage-provisioner --replicas=2"));
  }
};
