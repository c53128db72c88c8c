import path from "node:path";
import { command } from "./command.ts";
import { machineArgv, ptraceShim } from "./user-mode-linux.ts";

/**
 * What starts a machine, without disks or network, whose first process is the C program `source`,
 * a file beside this one. `folder` holds what the machine leaves behind; the first process finds
 * it in its environment as `probe_folder`.
 */
export const probeMachine = async (
  source: string,
  folder: string,
): Promise<{
  readonly argv: [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}> => {
  const init = path.join(folder, "init");
  const file = path.join(import.meta.dirname, source);
  await command(["gcc", "-O2", "-Wall", "-Werror", "-pthread", "-o", init, file]);
  return {
    argv: machineArgv({
      name: "probe",
      memory: "128M",
      folder,
      disks: [],
      taps: [],
      init,
      environment: { probe_folder: folder },
    }),
    env: { LD_PRELOAD: await ptraceShim() },
  };
};
