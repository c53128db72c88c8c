import path from "node:path";
import { exitCodes } from "./exit-code.ts";
import { runCli } from "./run-cli.ts";
import { systemHost } from "./system-host.ts";

const lastWordsMs = 500;

/** Runs the CLI in this process; resolves to its exit code. */
export const runAsProcess = async (args: readonly string[]): Promise<number> => {
  const stopping = new AbortController();
  process.once("SIGINT", () => {
    stopping.abort(new Error("stopped by SIGINT"));
    // A request that hangs is not waited for.
    setTimeout(() => process.exit(exitCodes.interrupted), lastWordsMs);
  });
  // A reader that has seen enough, as in `| head`, is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
  return runCli(argumentsFor(args), systemHost(stopping.signal));
};

/**
 * kubectl completes a plugin's arguments by a program kubectl_complete-<plugin>, to which it gives
 * them. A link of that name to this program will do.
 * Source: k8s.io/kubectl pkg/cmd/plugin/plugin_completion.go.
 */
const argumentsFor = (args: readonly string[]): readonly string[] =>
  path.basename(process.argv[1] ?? "").startsWith("kubectl_complete-")
    ? ["complete", "--", ...args]
    : args;
