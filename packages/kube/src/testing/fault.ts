/** What a faulty API server, or the network before it, does to one request. */
export type Fault =
  /** The connection is cut before an answer. */
  | { readonly kind: "refused" }
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: number }
  /** The answer comes late. */
  | { readonly kind: "slow"; readonly seconds: number }
  /** The connection is cut after so many bytes of the body. */
  | { readonly kind: "cut"; readonly after: number }
  /** The body ends properly after so many bytes. */
  | { readonly kind: "short"; readonly after: number }
  /** The body stops for ever after so many bytes, the connection stays. */
  | { readonly kind: "silent"; readonly after: number }
  /** One byte at a time: characters of several bytes are split. */
  | { readonly kind: "bytes" }
  /** A watch is accepted and then told this, as an event. */
  | { readonly kind: "error_event"; readonly code: number }
  /** A watch is accepted and told something that is no event. */
  | { readonly kind: "garbage" };

type Body = AsyncIterable<Uint8Array>;

const encoder = new TextEncoder();
export const bytesOf = (value: unknown): Uint8Array => encoder.encode(`${JSON.stringify(value)}\n`);

export const statusObject = (code: number, message: string): object => ({
  kind: "Status",
  apiVersion: "v1",
  status: "Failure",
  code,
  message,
});

/** Does to a body what the fault says. */
export async function* spoiled(body: Body, fault: Fault | undefined, signal: AbortSignal): Body {
  if (fault?.kind === "error_event") {
    yield bytesOf({ type: "ERROR", object: statusObject(fault.code, "made to fail") });
    return;
  }
  if (fault?.kind === "garbage") yield encoder.encode("no JSON at all\n");
  let sent = 0;
  for await (const chunk of body) {
    for (const piece of fault?.kind === "bytes" ? singly(chunk) : [chunk]) {
      if (fault === undefined || !("after" in fault) || sent + piece.length < fault.after) {
        sent += piece.length;
        yield piece;
        continue;
      }
      yield piece.subarray(0, fault.after - sent);
      if (fault.kind === "cut") throw new Error("cut");
      if (fault.kind === "silent") await aborted(signal);
      return;
    }
  }
}

const singly = (chunk: Uint8Array): Uint8Array[] => [...chunk].map((byte) => Uint8Array.of(byte));

export const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
