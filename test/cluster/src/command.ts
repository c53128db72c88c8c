import type { Milliseconds } from "@stowage/clock";
import { minutes } from "@stowage/clock";
import { execa } from "execa";
import { patiently } from "./patience.ts";
import { ClusterError } from "./errors.ts";

export type CommandOptions = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly limit?: Milliseconds;
};

/**
 * Runs a program of the host to its end and returns what it printed to stdout.
 * @throws ClusterError `command_failed` with the command and what it printed to stderr.
 */
export const command = async (
  argv: readonly [string, ...string[]],
  options: CommandOptions = {},
): Promise<string> => {
  const [file, ...args] = argv;
  const result = await execa(file, args, {
    reject: false,
    timeout: patiently(options.limit ?? minutes(1)),
    env: { LC_ALL: "C", ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? { stdin: "ignore" } : { input: options.input }),
  });
  if (result.failed) {
    const output = `${result.stderr}\n${result.stdout}`.trim().split("\n").slice(-20).join("\n");
    throw new ClusterError("command_failed", `${result.shortMessage}\n${output}`, {
      cause: result.cause,
    });
  }
  return result.stdout;
};
