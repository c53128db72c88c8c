import type { Milliseconds } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import { z } from "zod";
import type { KubeErrorCode } from "./kube-error.ts";
import { KubeError } from "./kube-error.ts";

const statusSchema = z.object({
  kind: z.literal("Status"),
  message: z.string().optional(),
  reason: z.string().optional(),
  code: z.number().int().optional(),
  details: z.object({ retryAfterSeconds: z.number().nonnegative().optional() }).nullish(),
});

type Failure = {
  /** Verb and object. */
  readonly what: string;
  readonly verb: "create" | "other";
  /** Absent for the ERROR event of a watch, whose Status carries its own code. */
  readonly httpStatus?: number;
  readonly retryAfter?: string | undefined;
  readonly body: unknown;
};

/**
 * The error that an answer of the server stands for. Source: k8s.io/apimachinery
 * pkg/api/errors: the reason counts first, since a create can also meet a conflict (a quota that
 * was changed at the same time), which does not mean that the object exists.
 */
export const errorOfStatus = (failure: Failure): KubeError => {
  const parsed = statusSchema.safeParse(failure.body);
  const status = failure.httpStatus ?? parsed.data?.code ?? 500;
  const words = parsed.data?.message ?? (typeof failure.body === "string" ? failure.body : "");
  const said = words.trim().slice(0, 1000) || "no message";
  return new KubeError(
    codeOf(status, parsed.data?.reason, failure.verb),
    `${failure.what} failed with ${status}: ${said}`,
    { status, retryAfter: waitOf(failure.retryAfter, parsed.data?.details?.retryAfterSeconds) },
  );
};

const codeOf = (
  status: number,
  reason: string | undefined,
  verb: Failure["verb"],
): KubeErrorCode => {
  if (status === 409) {
    const created = verb === "create" && reason !== "Conflict";
    return created || reason === "AlreadyExists" ? "already_exists" : "conflict";
  }
  const known = codes[status];
  if (known !== undefined) return known;
  if (status >= 500) return "server_error";
  return status >= 400 ? "bad_request" : "bad_response";
};

const codes: Readonly<Record<number, KubeErrorCode>> = {
  401: "unauthorized",
  403: "forbidden",
  404: "not_found",
  408: "timeout",
  410: "gone",
  422: "invalid",
  429: "too_many_requests",
  504: "timeout",
};

/** Kubernetes sends Retry-After in seconds only. */
const waitOf = (
  header: string | undefined,
  inBody: number | undefined,
): Milliseconds | undefined => {
  const count = header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : inBody;
  return count === undefined ? undefined : seconds(count);
};
