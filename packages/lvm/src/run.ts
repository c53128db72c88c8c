import { execa } from "execa";
import type { Command } from "./command.ts";
import { LvmError } from "./errors.ts";

/** Whose LVM runs: the host's, entered with nsenter, or the one in the agent's own image. */
export type HostMode = "host" | "image";

export type Ended = {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
};

/** A command under way. `ended` settles when the process is gone, however long that takes. */
export type Running = {
  readonly ended: Promise<Ended>;
  readonly kill: () => void;
};

export type Start = (command: Command) => Running;

/**
 * The host's mounts, so that its /dev, lvm.conf and lock files are used; its UTS name, which LVM
 * writes into metadata; its IPC, through which udev tells LVM that a device node is there.
 */
const nsenter = ["nsenter", "--target", "1", "--mount", "--uts", "--ipc", "--"] as const;

/** The last folder is where NixOS keeps its programs. */
const environment = {
  LC_ALL: "C",
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin",
  LVM_SUPPRESS_FD_WARNINGS: "1",
};

/** A report on a thousand volumes takes about half a megabyte. */
const outputLimit = 32 * 1024 * 1024;

/** The one place where processes are started: no shell, no input, no inherited environment. */
export const startOn =
  (
    mode: HostMode,
    /** More of the environment: where an LVM in an image finds its configuration. */
    variables: Readonly<Record<string, string>> = {},
  ): Start =>
  (command) => {
    const [file, ...args] = [...(mode === "host" ? nsenter : []), command.file, ...command.args];
    const subprocess = execa(file ?? command.file, args, {
      env: { ...environment, ...variables, ...command.variables },
      extendEnv: false,
      stdin: "ignore",
      reject: false,
      stripFinalNewline: true,
      maxBuffer: outputLimit,
      // A write is not ended with the agent's process, though a runtime may end it with the
      // container; a read that hangs is of no use to anyone.
      cleanup: command.access === "read",
      detached: command.access !== "read",
    });
    const ended = subprocess.then((result): Ended => {
      const { exitCode, stdout, stderr } = result;
      if (exitCode !== undefined) return { exitCode, stdout, stderr };
      const missing = result.code === "ENOENT";
      throw new LvmError(missing ? "command_missing" : "lvm_failed", {
        command: command.name,
        detail: result.shortMessage ?? "the process ended without an exit code",
        stderr,
      });
    });
    return { ended, kill: () => subprocess.kill("SIGKILL") };
  };
