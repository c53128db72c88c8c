/** The port of a node's control address on which its exec server listens. */
export const execPort = 7000;

// One connection runs one command. Both sides send JSON texts, one a line; bytes are base64. The
// server kills the command when the connection closes before the command has ended.

export type ExecRequest = {
  readonly argv: readonly [string, ...string[]];
  readonly input: string;
  readonly env: Readonly<Record<string, string>>;
};

export type ExecReply =
  | { readonly kind: "stdout" | "stderr"; readonly data: string }
  | { readonly kind: "exited"; readonly code: number }
  | { readonly kind: "killed"; readonly signal: string }
  | { readonly kind: "not started"; readonly why: string };
