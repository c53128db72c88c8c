import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { cpus, release, tmpdir } from "node:os";
import path from "node:path";
import type { Milliseconds } from "@stowage/clock";
import { milliseconds } from "@stowage/clock";
import { cacheKey, cached } from "./cache-folder.ts";
import { command } from "./command.ts";
import { ClusterError } from "./errors.ts";
import type { Kernel } from "./kernel.ts";
import { machineArgv } from "./user-mode-linux.ts";

/**
 * What starts a machine, without disks or network, whose first process is the C program `source`,
 * a file beside this one. `folder` holds what the machine leaves behind; the first process finds
 * it in its environment as `probe_folder`.
 */
export const probeMachine = async (
  kernel: Kernel,
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
    argv: machineArgv(kernel, {
      name: "probe",
      memory: "128M",
      folder,
      disks: [],
      taps: [],
      init,
      environment: { probe_folder: folder },
    }),
    env: kernel.env,
  };
};

/** Boots a machine with the first process `source` until it powers off, and returns what it printed. */
const runProbe = async (kernel: Kernel, source: string): Promise<readonly string[]> => {
  const folder = await mkdtemp(path.join(tmpdir(), "probe-"));
  try {
    const { argv, env } = await probeMachine(kernel, source, folder);
    return (await command(argv, { env })).split(/\r?\n/);
  } finally {
    await rm(folder, { recursive: true });
  }
};

/**
 * How long a program takes to start in a machine of this kernel's, now, on average: the measure of how
 * slow this host is for the tests. @throws ClusterError `host_unsuitable` or `command_failed`
 */
export const programStart = async (kernel: Kernel): Promise<Milliseconds> => {
  const said = await runProbe(kernel, "exec-probe.c");
  const line = said.find((each) => each.startsWith("microseconds "));
  const microseconds = Number(line?.slice("microseconds ".length));
  if (microseconds > 0) return milliseconds(microseconds / 1000);
  throw new ClusterError("host_unsuitable", `a machine timed no starts: ${said.join("\n")}`);
};

/**
 * Boots a machine once for each kernel of the host's and each kind of processor: processes of several
 * threads must come to their end with their registers kept.
 * @throws ClusterError `host_unsuitable` with what the machine said instead.
 */
export const runsHere = async (kernel: Kernel): Promise<void> => {
  // A file that was cut off or replaced since is another kernel.
  const { size, mtimeMs } = await stat(kernel.program);
  const key = cacheKey(kernel.program, `${size} ${mtimeMs}`, release(), cpus()[0]?.model ?? "");
  await cached("probed", key, async (unfinished) => {
    const said = await runProbe(kernel, "xstate-probe.c");
    await writeFile(path.join(unfinished, "console"), said.join("\n"));
    if (said.includes("kept")) return;
    throw new ClusterError(
      "host_unsuitable",
      `${kernel.program} does not keep registers: ${said.join("\n")}`,
    );
  });
};
