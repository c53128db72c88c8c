import { Metrics as AgentMetrics } from "@stowage/agent";
import { nodeLocalStorages } from "@stowage/api";
import { milliseconds, seconds, VirtualClock } from "@stowage/clock";
import { Metrics as ExtenderMetrics } from "@stowage/extender";
import { KubeError } from "@stowage/kube";
import { lvremove } from "@stowage/lvm";
import { Metrics as ProvisionerMetrics } from "@stowage/provisioner";
import type { Program } from "./documented.ts";

/* What each program tells once everything that it counts has happened. */

const agent = (): string => {
  const metrics = new AgentMetrics();
  const command = lvremove("fast", "pvc-1", ["/dev/sda"]);
  for (const outcome of ["ok", "failed", "timeout", "not_started"] as const) {
    metrics.observeCommand(command, outcome, milliseconds(200));
  }
  metrics.observeOperation("create_volume", "ok", seconds(1));
  metrics.observeOperation("create_volume", "failed", seconds(1));
  metrics.watchRestarted();
  metrics.setGroup(
    nodeLocalStorages.parse({
      metadata: { name: "n1.fast" },
      spec: { nodeName: "n1", volumeGroup: "fast" },
    }),
  );
  return metrics.text();
};

const provisioner = async (): Promise<string> => {
  const clock = new VirtualClock();
  const metrics = new ProvisionerMetrics(clock);
  metrics.measureProcess();
  metrics.begin("pvc-1");
  metrics.provisioned("pvc-1", "fast");
  metrics.provisionFailed("fast");
  metrics.begin("pvc-1");
  metrics.deleted("pvc-1", "fast");
  metrics.deleteFailed("fast");
  metrics.beginExpansion("pvc-1");
  metrics.expanded("pvc-1", "fast");
  metrics.expansionRefused("fast");
  metrics.watchRestarted("nodes");
  metrics.lead("leading", { volumes: { depth: 0 } });
  const patched = (outcome: () => Promise<never>): Promise<unknown> =>
    metrics
      // It calls nothing but patch; the rest of a client would tell nothing more.
      .countPatches({ patch: outcome } as unknown as Parameters<typeof metrics.countPatches>[0])
      .patch(nodeLocalStorages, { name: "n1.fast" }, { kind: "merge", body: {} })
      .catch(() => undefined);
  await patched(() => Promise.resolve(undefined as never));
  await patched(() => Promise.reject(new KubeError("conflict", "overtaken")));
  await patched(() => Promise.reject(new Error("failed")));
  return metrics.text();
};

const extender = (): Promise<string> => {
  const metrics = new ExtenderMetrics({
    promises: () => 0,
    freshness: () => ({ kind: "live" }),
    unavailable: () => undefined,
  });
  metrics.measureProcess();
  for (const verb of ["/filter", "/prioritize"]) metrics.request(verb, 200, 0.001);
  metrics.filtered(2, { refused: 1, byCode: new Map([["no_room", 1]]) });
  metrics.watchRestarted("nodes");
  return metrics.text();
};

export const told = async (program: Program): Promise<string> => {
  switch (program) {
    case "agent":
      return agent();
    case "provisioner":
      return provisioner();
    case "extender":
      return extender();
  }
};
