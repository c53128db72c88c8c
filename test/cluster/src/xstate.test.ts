import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { command } from "./command.ts";
import { patience } from "./patience.ts";
import { machineArgv, xstateLibrary } from "./user-mode-linux.ts";

test(
  "threads and processes of a machine keep their vector registers",
  async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "xstate-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const probe = path.join(folder, "probe");
    const source = path.join(import.meta.dirname, "xstate-probe.c");
    await command(["gcc", "-O2", "-Wall", "-Werror", "-pthread", "-o", probe, source]);
    const output = await command(
      machineArgv({
        name: "probe",
        memory: "128M",
        folder,
        disks: [],
        taps: [],
        init: probe,
        environment: {},
      }),
      { env: { LD_PRELOAD: await xstateLibrary() } },
    );
    expect(output.split(/\r?\n/)).toContain("kept");
  },
  60_000 * patience,
);
