import type { Milliseconds } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import type { HostMode } from "@stowage/lvm";
import { z } from "zod";

const schema = z.object({
  NODE_NAME: z.string().min(1),
  LVM_MODE: z.enum(["host", "image"]).default("host"),
  SCAN_SECONDS: z.coerce.number().min(10).max(3600).default(60).transform(seconds),
  SETTLE_SECONDS: z.coerce.number().min(0).max(86_400).default(300).transform(seconds),
  KUBECONFIG: z.string().min(1).optional(),
  HOST: z.string().min(1).optional(),
  PORT: z.coerce.number().int().min(0).max(65_535).default(9807),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

/** How an agent is set up: its environment variables, checked. */
export type AgentSettings = {
  readonly nodeName: string;
  readonly lvmMode: HostMode;
  /** How often the node is looked at when nothing happens. */
  readonly scanPeriod: Milliseconds;
  /** For how long a disk that only matches must have been seen empty before it is used. */
  readonly settleTime: Milliseconds;
  /** A kubeconfig file; undefined for the Pod's own service account. */
  readonly kubeconfig: string | undefined;
  /** The address to listen on; undefined for all, of either family. */
  readonly host: string | undefined;
  readonly port: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
};

/** @throws Error that names each wrong variable. */
export const readSettings = (
  environment: Readonly<Record<string, string | undefined>>,
): AgentSettings => {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    throw new Error(`the agent's environment is wrong:\n${z.prettifyError(parsed.error)}`);
  }
  const { data } = parsed;
  return {
    nodeName: data.NODE_NAME,
    lvmMode: data.LVM_MODE,
    scanPeriod: data.SCAN_SECONDS,
    settleTime: data.SETTLE_SECONDS,
    kubeconfig: data.KUBECONFIG,
    host: data.HOST,
    port: data.PORT,
    logLevel: data.LOG_LEVEL,
  };
};
