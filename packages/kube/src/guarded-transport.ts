import type { Milliseconds } from "@stowage/clock";
import type { Transport } from "./transport.ts";

/**
 * A transport that asks `mayWrite` right before each write is sent: that throws to keep it back, or says
 * how long the write may be under way.
 */
export const guardedTransport =
  (transport: Transport, mayWrite: () => Milliseconds): Transport =>
  async (request) =>
    transport(request.method === "GET" ? request : { ...request, lifetime: mayWrite });
