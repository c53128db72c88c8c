import { CommanderError } from "@commander-js/extra-typings";
import type { Ending, ExitCode } from "./exit-code.ts";
import { exitCodes } from "./exit-code.ts";
import { asFailure } from "./failure.ts";
import type { Host } from "./host.ts";
import { makeProgram } from "./program.ts";

/** One call of the CLI, from its arguments to its exit code. Nothing is thrown but our own defects. */
export const runCli = async (args: readonly string[], host: Host): Promise<ExitCode> => {
  let ending: Ending = "done";
  const program = makeProgram({
    host,
    finish: (how) => {
      ending = how;
    },
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCodes[ending];
  } catch (error) {
    // Help that was asked for ends with 0; commander has written everything else already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : exitCodes.usage;
    if (host.signal.aborted) return exitCodes.interrupted;
    const failure = asFailure(error);
    if (failure === undefined) throw error;
    host.err(`error: ${failure.message}`);
    if (failure.remedy !== undefined) host.err(failure.remedy);
    return exitCodes[failure.ending];
  }
};
