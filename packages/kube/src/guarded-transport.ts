import type { Transport } from "./transport.ts";

/** A transport that asks `mayWrite` right before each write is sent; that throws to keep it back. */
export const guardedTransport =
  (transport: Transport, mayWrite: () => void): Transport =>
  async (request) => {
    if (request.method !== "GET") mayWrite();
    return transport(request);
  };
