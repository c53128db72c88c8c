import { z } from "zod";

const schema = z.object({
  POD_NAMESPACE: z.string().min(1),
  POD_NAME: z.string().min(1),
  KUBECONFIG: z.string().optional(),
  LEASE_NAME: z.string().min(1).default("stowage-provisioner"),
  PORT: z.coerce.number().int().min(0).max(65_535).default(9809),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

/** How a provisioner is set up: its environment variables, checked. */
export type ProvisionerSettings = {
  /** Where it runs, and where its Lease and the agents are. */
  readonly namespace: string;
  /** Its name among the replicas. */
  readonly identity: string;
  /** A kubeconfig file; undefined for the Pod's own service account. */
  readonly kubeconfig: string | undefined;
  readonly leaseName: string;
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
    identity: data.POD_NAME,
    kubeconfig: data.KUBECONFIG,
    leaseName: data.LEASE_NAME,
    port: data.PORT,
    logLevel: data.LOG_LEVEL,
  };
};
