import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { command } from "./command.ts";
import type { Kernel } from "./kernel.ts";
import { chooseKernel, olderKernel } from "./kernel.ts";
import { patience } from "./patience.ts";
import { probeMachine } from "./probe-machine.ts";
import { silent } from "./progress.ts";

const limit = 60_000 * patience;

const folderOfTest = async (): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), "ptrace-shim-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
};

/** The same one twice where the newer one cannot be had. */
const kernels: readonly (readonly [string, () => Promise<Kernel>])[] = [
  ["ruled by ptrace", olderKernel],
  ["of this host's choice", () => chooseKernel(silent)],
];

test.for(kernels)(
  "threads and processes of a machine %s keep their vector registers",
  { timeout: limit },
  async ([, kernel]) => {
    const { argv, env } = await probeMachine(
      await kernel(),
      "xstate-probe.c",
      await folderOfTest(),
    );
    expect((await command(argv, { env })).split(/\r?\n/)).toContain("kept");
  },
);

test.for(kernels)(
  "a machine %s that is killed takes its processes with it: none runs on as a process of the host",
  { timeout: limit },
  async ([, kernel]) => {
    const folder = await folderOfTest();
    const { argv, env } = await probeMachine(await kernel(), "escape-probe.c", folder);
    const machine = spawn(argv[0], argv.slice(1), {
      detached: true,
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "pipe", "ignore"],
    });
    const { pid } = machine;
    if (pid === undefined) throw new Error(`${argv[0]} did not start`);
    // The machine's helper processes outlive it, see `kill` in processes.ts.
    onTestFinished(() => void process.kill(-pid, "SIGKILL"));
    let running = 0;
    for await (const line of createInterface(machine.stdout)) {
      if (line.trim() === "running") running += 1;
      if (running === 2) break;
    }
    expect(running).toBe(2);

    const ended = once(machine, "exit");
    machine.kill("SIGKILL");
    await ended;
    await sleep(500);
    expect(await readdir(folder)).not.toContain("escaped-first");
    expect(await readdir(folder)).not.toContain("escaped-forked");
  },
);
