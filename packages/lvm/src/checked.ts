import type { Command, LvmRunner } from "./command.ts";
import { classify, classifyTool, LvmError } from "./errors.ts";

/**
 * Runs a command that must succeed; its stdout.
 * @throws LvmError
 */
export const runChecked = async (run: LvmRunner, command: Command): Promise<string> => {
  const { exitCode, stdout, stderr } = await run(command);
  if (!command.answers.includes(exitCode)) {
    const code = command.file === "lvm" ? classify(stderr) : classifyTool(stderr);
    throw new LvmError(code, { command: command.name, exitCode, stderr });
  }
  const { printsOr } = command;
  if (printsOr !== undefined && !stdout.includes(printsOr.text)) {
    const said = stdout.trim() === "" ? stderr.trim() : stdout.trim();
    const detail = `${JSON.stringify(printsOr.text)} was to be found, and it said ${JSON.stringify(said)}`;
    throw new LvmError(printsOr.code, { command: command.name, detail });
  }
  const found = `${stdout}\n${stderr}`.trim();
  if (command.silentOr !== undefined && found !== "") {
    throw new LvmError(command.silentOr, { command: command.name, detail: found });
  }
  return stdout;
};
