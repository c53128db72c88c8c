/** Every key that a line of a log can have, beside pino's own. docs/logs.md says what they mean. */
export const logKeys = [
  "address",
  "attempts",
  "bytes",
  "cert",
  "change",
  "claim",
  "class",
  "code",
  "command",
  "device",
  "devices",
  "durationMs",
  "err",
  "error",
  "exitCode",
  "failures",
  "group",
  "identity",
  "key",
  "kind",
  "lease",
  "lvmMode",
  "message",
  "method",
  "node",
  "nodes",
  "plural",
  "pod",
  "reason",
  "refused",
  "regarding",
  "resourceVersion",
  "strategy",
  "url",
  "volume",
  "volumeGroup",
  "volumes",
  "waitMs",
] as const;

/** What a line says beside its message. A key means the same in every line of every program. */
export type LogFields = { readonly [K in (typeof logKeys)[number]]?: unknown };

type Write = (fields: LogFields, message: string) => void;

/** Where the package writes what nobody is there to catch. pino's Logger fits. */
export type Log = {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
};
