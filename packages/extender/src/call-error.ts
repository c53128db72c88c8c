/** A call that is not in the extender's protocol. */
export class CallError extends Error {
  readonly code = "call_malformed";
  readonly statusCode = 400;
}
