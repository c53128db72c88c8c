import { text } from "node:stream/consumers";
import type { Milliseconds } from "@stowage/clock";
import { minutes } from "@stowage/clock";
import { z } from "zod";
import { patiently } from "./patience.ts";
import { ClusterError } from "./errors.ts";
import type { ExecReply, ExecRequest } from "./exec-protocol.ts";
import { connectThrough } from "./gateway-client.ts";
import type { Target } from "./gateway-client.ts";

export type ExecOptions = {
  /** What the command reads from stdin; nothing by default. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** After this the command is killed; two minutes by default. */
  readonly limit?: Milliseconds;
};

export type ExecResult = {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
};

const execReply: z.ZodType<ExecReply> = z.union([
  z.object({ kind: z.enum(["stdout", "stderr"]), data: z.base64() }),
  z.object({ kind: z.literal("exited"), code: z.int() }),
  z.object({ kind: z.literal("killed"), signal: z.string() }),
  z.object({ kind: z.literal("not started"), why: z.string() }),
]);

/**
 * Runs a command in a node, whatever its exit code.
 * @throws ClusterError `exec_failed` when it did not start, was killed, took longer than its limit
 * or lost its node; `gateway_failed` when the node does not answer at all.
 */
export const runInNode = async (
  gateway: string,
  target: Target,
  argv: readonly [string, ...string[]],
  options: ExecOptions,
): Promise<ExecResult> => {
  const request: ExecRequest = {
    argv,
    input: Buffer.from(options.input ?? "").toString("base64"),
    env: options.env ?? {},
  };
  const limit = patiently(options.limit ?? minutes(2));
  const connection = await connectThrough(gateway, target);
  const fail = (why: string, cause?: unknown): ClusterError =>
    new ClusterError("exec_failed", `\`${argv.join(" ")}\` in the node ${why}`, { cause });
  const timer = setTimeout(
    () => connection.destroy(fail(`took longer than ${limit / 1000} s`)),
    limit,
  );
  let answer: string;
  try {
    connection.write(`${JSON.stringify(request)}\n`);
    answer = await text(connection);
  } catch (error) {
    throw error instanceof ClusterError
      ? error
      : fail(`lost its connection: ${String(error)}`, error);
  } finally {
    clearTimeout(timer);
    connection.destroy();
  }
  return readReplies(answer, fail);
};

const readReplies = (answer: string, fail: (why: string) => ClusterError): ExecResult => {
  const output: Record<"stdout" | "stderr", Buffer[]> = { stdout: [], stderr: [] };
  // A node that goes down may leave its last line unfinished.
  for (const line of answer.split("\n").slice(0, -1)) {
    const reply = execReply.parse(JSON.parse(line));
    switch (reply.kind) {
      case "stdout":
      case "stderr":
        output[reply.kind].push(Buffer.from(reply.data, "base64"));
        break;
      case "exited":
        return {
          stdout: Buffer.concat(output.stdout).toString(),
          stderr: Buffer.concat(output.stderr).toString(),
          exitCode: reply.code,
        };
      case "killed":
        throw fail(`was killed by ${reply.signal}: ${Buffer.concat(output.stderr).toString()}`);
      case "not started":
        throw fail(`did not start: ${reply.why}`);
      default:
        reply satisfies never;
    }
  }
  throw fail("ended without a word: the node went down under it");
};
