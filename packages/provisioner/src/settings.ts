import { milliseconds, seconds } from "@stowage/clock";
import type { LeaderDurations } from "@stowage/kube";
import { z } from "zod";

/** In the proportions of client-go's 15, 10 and 2 s. */
const durationsOf = (leaseSeconds: number): LeaderDurations => ({
  lease: seconds(leaseSeconds),
  renewDeadline: milliseconds(Math.round((leaseSeconds * 1000 * 2) / 3)),
  retry: milliseconds(Math.round((leaseSeconds * 1000 * 2) / 15)),
});

const schema = z.object({
  POD_NAMESPACE: z.string().min(1),
  POD_NAME: z.string().min(1),
  KUBECONFIG: z.string().optional(),
  LEASE_NAME: z.string().min(1).default("stowage-provisioner"),
  LEASE_SECONDS: z.coerce.number().int().min(3).max(300).default(15).transform(durationsOf),
  PORT: z.coerce.number().int().min(0).max(65_535).default(9809),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

/** How a provisioner is set up: its environment variables, checked. */
export type ProvisionerSettings = {
  /** Where it runs, and where its Lease and the agents are. */
  readonly namespace: string;
  /** The Pod that it runs in. */
  readonly podName: string;
  /** A kubeconfig file; undefined for the Pod's own service account. */
  readonly kubeconfig: string | undefined;
  readonly leaseName: string;
  /** LEASE_SECONDS, and from it when a leader gives up and how often it renews. */
  readonly leaseDurations: LeaderDurations;
  /** Where /healthz, /readyz and /metrics are served. */
  readonly port: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
};

/** @throws Error that names each wrong variable. */
export const readSettings = (
  environment: Readonly<Record<string, string | undefined>>,
): ProvisionerSettings => {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    throw new Error(`the provisioner's environment is wrong:\n${z.prettifyError(parsed.error)}`);
  }
  const { data } = parsed;
  return {
    namespace: data.POD_NAMESPACE,
    podName: data.POD_NAME,
    kubeconfig: data.KUBECONFIG,
    leaseName: data.LEASE_NAME,
    leaseDurations: data.LEASE_SECONDS,
    port: data.PORT,
    logLevel: data.LOG_LEVEL,
  };
};
