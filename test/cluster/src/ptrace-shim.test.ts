import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { command } from "./command.ts";
import { patience } from "./patience.ts";
import { probeMachine } from "./probe-machine.ts";

const limit = 60_000 * patience;

const folderOfTest = async (): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), "ptrace-shim-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
};

test(
  "threads and processes of a machine keep their vector registers",
  async () => {
    const { argv, env } = await probeMachine("xstate-probe.c", await folderOfTest());
    expect((await command(argv, { env })).split(/\r?\n/)).toContain("kept");
  },
  limit,
);

test(
  "a machine that is killed takes its processes with it: none runs on as a process of the host",
  async () => {
    const folder = await folderOfTest();
    const { argv, env } = await probeMachine("escape-probe.c", folder);
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
  limit,
);
