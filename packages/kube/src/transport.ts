import type { Milliseconds } from "@stowage/clock";

export type KubeRequest = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From the server's root, encoded, with the query. */
  readonly path: string;
  /** JSON when absent. */
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: string;
  readonly signal?: AbortSignal;
  /** For the whole exchange, the body included. Absent for watches. */
  readonly timeout?: Milliseconds;
  /**
   * Asked when nothing is waited for any more, right before the request is sent: for how long it may be
   * under way, at this end and at the server. Throws to keep the request back.
   */
  readonly lifetime?: () => Milliseconds;
};

export type KubeResponse = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncIterable<Uint8Array>;
};

/**
 * One HTTP exchange with the API server. It never retries and never judges a status.
 * @throws (as does reading the body) the signal's reason once that is aborted, an error named
 * "TimeoutError" when `timeout` has passed, and anything else for a connection that failed.
 */
export type Transport = (request: KubeRequest) => Promise<KubeResponse>;
