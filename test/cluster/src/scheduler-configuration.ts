import { readFile } from "node:fs/promises";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { ClusterError } from "./errors.ts";

/** A KubeSchedulerConfiguration, or the path of a YAML file that holds one. */
export type SchedulerConfiguration = string | Readonly<Record<string, unknown>>;

const given = z.looseObject({
  apiVersion: z.literal("kubescheduler.config.k8s.io/v1").optional(),
  kind: z.literal("KubeSchedulerConfiguration").optional(),
  clientConnection: z.looseObject({}).optional(),
  leaderElection: z.looseObject({}).optional(),
});

/**
 * The configuration as kube-scheduler gets it: what the caller gave, with the cluster's kubeconfig
 * and without leader election.
 * @throws ClusterError `scheduler_configuration_invalid`
 */
export const completeSchedulerConfiguration = (value: unknown, kubeconfig: string): string => {
  const result = given.safeParse(value);
  if (!result.success) {
    throw new ClusterError(
      "scheduler_configuration_invalid",
      `this is no KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1: ${z.prettifyError(result.error)}`,
    );
  }
  return stringify({
    ...result.data,
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
    clientConnection: { ...result.data.clientConnection, kubeconfig },
    leaderElection: { ...result.data.leaderElection, leaderElect: false },
  });
};

export const readSchedulerConfiguration = async (
  configuration: SchedulerConfiguration | undefined,
): Promise<unknown> =>
  typeof configuration === "string"
    ? parse(await readFile(configuration, "utf8"))
    : (configuration ?? {});
