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
  return runCli(args, systemHost(stopping.signal));
};
