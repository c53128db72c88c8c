import type { Milliseconds } from "@stowage/clock";

/** Every way in which a request fails, and what to do about it. */
export const kubeErrors = {
  not_found: "It does not exist; check the name, and for custom resources that the CRD is applied.",
  already_exists: "Read the existing object and adopt it or choose another name.",
  conflict: "Somebody changed it in between; read it again and decide again.",
  invalid: "Correct the fields that the server names.",
  gone: "The resourceVersion is too old; list again.",
  forbidden: "Grant it in the component's ClusterRole, or ask the admission plugin that is named.",
  unauthorized: "Check the token of the ServiceAccount or the user of the kubeconfig.",
  too_many_requests: "Try again later; the server is shedding load.",
  timeout: "Whether it was done is unknown; read the object before doing it again.",
  server_error: "Look into the API server's log; try again later.",
  connection: "Whether it was done is unknown; check the network and the API server.",
  bad_response: "Check that the address is an API server's and that versions match.",
  bad_request: "The request itself is wrong; this is a defect of the caller.",
} as const;

export type KubeErrorCode = keyof typeof kubeErrors;

/**
 * A request to the API server failed. A write with the code "connection", "timeout" or
 * "bad_response" may or may not have been applied.
 */
export class KubeError extends Error {
  readonly code: KubeErrorCode;
  /** The HTTP status or, in a watch, the code of its ERROR event. */
  readonly status: number | undefined;
  /** How long the server asked to wait. */
  readonly retryAfter: Milliseconds | undefined;

  constructor(
    code: KubeErrorCode,
    /** Verb and object, then what went wrong. */
    what: string,
    details: { status?: number; retryAfter?: Milliseconds | undefined; cause?: unknown } = {},
  ) {
    super(`${what.replace(/\.$/, "")}. ${kubeErrors[code]}`, { cause: details.cause });
    this.name = "KubeError";
    this.code = code;
    this.status = details.status;
    this.retryAfter = details.retryAfter;
  }
}

/** Is it a KubeError and, if codes are given, one of these? */
export const isKubeError = (error: unknown, ...codes: KubeErrorCode[]): error is KubeError =>
  error instanceof KubeError && (codes.length === 0 || codes.includes(error.code));
