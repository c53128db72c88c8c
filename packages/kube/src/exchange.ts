import type { Clock } from "@stowage/clock";
import { milliseconds, seconds } from "@stowage/clock";
import { waitAfter } from "./backoff.ts";
import { readText } from "./body.ts";
import { isKubeError, KubeError } from "./kube-error.ts";
import type { Log } from "./log.ts";
import { errorOfStatus } from "./status.ts";
import type { KubeRequest, KubeResponse, Transport } from "./transport.ts";

export type Edge = {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
};

/** Longer than any healthy answer, a page of a list included. */
const timeout = seconds(30);
const attempts = 4;
/** Not below a second: a list must not be asked for more often. */
const backoff = { first: seconds(1), max: seconds(15) };

/**
 * Sends a request and gives the JSON it is answered with. A read is tried again after failures
 * that pass; a write only where the server says that it did nothing (429 with Retry-After), since
 * nobody knows what became of one whose connection was cut.
 * @throws KubeError, or the signal's reason.
 */
export const exchange = async (
  edge: Edge,
  what: string,
  request: KubeRequest,
): Promise<unknown> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await exchangeOnce(edge, what, { timeout, ...request });
    } catch (error) {
      if (attempt === attempts || !passes(error, request.method)) throw error;
      const wait = Math.max(waitAfter(attempt, backoff, edge.random), error.retryAfter ?? 0);
      edge.log.debug(
        { err: error, waitMs: wait },
        "request to the API server failed, trying again",
      );
      await edge.clock.sleep(milliseconds(wait), request.signal);
    }
  }
};

const passes = (error: unknown, method: KubeRequest["method"]): error is KubeError =>
  method === "GET"
    ? isKubeError(error, "connection", "timeout", "too_many_requests", "server_error")
    : isKubeError(error, "too_many_requests") && error.retryAfter !== undefined;

const exchangeOnce = async (edge: Edge, what: string, request: KubeRequest): Promise<unknown> => {
  const response = await open(edge, what, request);
  const text = await guarded(what, request.signal, () => readText(response.body));
  return parseJson(what, text);
};

/**
 * Sends a request and gives the answer with its body still to be read.
 * @throws KubeError also for every status but 2xx; or the signal's reason.
 */
export const open = async (
  { transport }: Pick<Edge, "transport">,
  what: string,
  request: KubeRequest,
): Promise<KubeResponse> => {
  const response = await guarded(what, request.signal, () => transport(request));
  if (response.status >= 200 && response.status < 300) return response;
  const text = await guarded(what, request.signal, () => readText(response.body));
  throw errorOfStatus({
    what,
    verb: request.method === "POST" ? "create" : "other",
    httpStatus: response.status,
    retryAfter: response.headers["retry-after"],
    body: jsonOrText(text),
  });
};

/** Turns whatever the transport throws into a KubeError, and an abort into its reason. */
const guarded = async <T>(
  what: string,
  signal: AbortSignal | undefined,
  act: () => Promise<T>,
): Promise<T> => {
  try {
    return await act();
  } catch (error) {
    throw transportError(what, signal, error);
  }
};

export const transportError = (
  what: string,
  signal: AbortSignal | undefined,
  error: unknown,
): unknown => {
  if (signal?.aborted === true) return signal.reason;
  if (error instanceof KubeError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  return cause.name === "TimeoutError"
    ? new KubeError("timeout", `${what} was not answered in time`, { cause })
    : new KubeError("connection", `${what} lost its connection: ${cause.message}`, { cause });
};

/** @throws KubeError "bad_response". */
export const parseJson = (what: string, text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const start = JSON.stringify(text.slice(0, 80));
    throw new KubeError("bad_response", `${what} was answered with what is not JSON: ${start}`, {
      cause,
    });
  }
};

/** Errors also come from what stands before the API server, as text. */
const jsonOrText = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
