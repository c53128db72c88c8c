import type { Bytes, Strategy } from "@stowage/capacity";
import { parseQuantity, QuantityError } from "@stowage/capacity";
import type { Milliseconds } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import { z } from "zod";
import type { TlsPaths } from "./tls.ts";

const span = (fallback: number): z.ZodType<Milliseconds> =>
  z.coerce.number().positive().max(3600).default(fallback).transform(seconds);

/** A larger body could not become one string in V8. */
const bodyLimitMax = parseQuantity("480Mi");

const bodyLimitSchema = z
  .string()
  .default("256Mi")
  .transform((text, context) => {
    try {
      const limit = parseQuantity(text);
      if (limit > 0 && limit <= bodyLimitMax) return limit;
      context.addIssue({ code: "custom", message: "must be from 1 to 480Mi" });
    } catch (error) {
      if (!(error instanceof QuantityError)) throw error;
      context.addIssue({ code: "custom", message: error.message });
    }
    return z.NEVER;
  });

const schema = z
  .object({
    POD_NAMESPACE: z.string().min(1),
    AGENT_SELECTOR: z
      .string()
      .min(1)
      .default("app.kubernetes.io/name=stowage,app.kubernetes.io/component=agent"),
    KUBECONFIG: z.string().min(1).optional(),
    HOST: z.string().min(1).optional(),
    PORT: z.coerce.number().int().min(0).max(65_535).default(9808),
    LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
    STRATEGY: z.enum(["spread", "binpack"]).default("spread"),
    PROMISE_SECONDS: span(5),
    STALE_SECONDS: span(60),
    REQUEST_TIMEOUT_SECONDS: span(30),
    BODY_LIMIT: bodyLimitSchema,
    TLS_CERT_FILE: z.string().min(1).optional(),
    TLS_KEY_FILE: z.string().min(1).optional(),
    TLS_CLIENT_CA_FILE: z.string().min(1).optional(),
  })
  .refine(
    ({ TLS_CERT_FILE: cert, TLS_KEY_FILE: key }) => (cert === undefined) === (key === undefined),
    {
      message: "TLS_CERT_FILE and TLS_KEY_FILE go together: give both or none",
    },
  )
  .refine(
    ({ TLS_CERT_FILE: cert, TLS_CLIENT_CA_FILE: ca }) => ca === undefined || cert !== undefined,
    { message: "TLS_CLIENT_CA_FILE needs TLS_CERT_FILE and TLS_KEY_FILE" },
  );

/** How an extender is set up: its environment variables, checked. */
export type ExtenderSettings = {
  /** Where the agents' pods are. */
  readonly namespace: string;
  /** A label selector for the agents' pods. */
  readonly agentSelector: string;
  /** A kubeconfig file; undefined for the Pod's own service account. */
  readonly kubeconfig: string | undefined;
  /** The address to listen on; undefined for all, of either family. */
  readonly host: string | undefined;
  readonly port: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly strategy: Strategy;
  readonly promiseLifetime: Milliseconds;
  readonly staleLimit: Milliseconds;
  readonly requestTimeout: Milliseconds;
  readonly bodyLimit: Bytes;
  readonly tls: TlsPaths | undefined;
};

/** @throws Error that names each wrong variable. */
export const readSettings = (
  environment: Readonly<Record<string, string | undefined>>,
): ExtenderSettings => {
  const parsed = schema.safeParse(environment);
  if (!parsed.success) {
    throw new Error(`the extender's environment is wrong:\n${z.prettifyError(parsed.error)}`);
  }
  const { data } = parsed;
  const { TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_CLIENT_CA_FILE: clientCa } = data;
  return {
    namespace: data.POD_NAMESPACE,
    agentSelector: data.AGENT_SELECTOR,
    kubeconfig: data.KUBECONFIG,
    host: data.HOST,
    port: data.PORT,
    logLevel: data.LOG_LEVEL,
    strategy: data.STRATEGY,
    promiseLifetime: data.PROMISE_SECONDS,
    staleLimit: data.STALE_SECONDS,
    requestTimeout: data.REQUEST_TIMEOUT_SECONDS,
    bodyLimit: data.BODY_LIMIT,
    tls: cert === undefined || key === undefined ? undefined : { cert, key, clientCa },
  };
};
