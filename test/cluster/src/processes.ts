import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { open, readdir, readFile, stat } from "node:fs/promises";
import type { Clock } from "@stowage/clock";
import { milliseconds, seconds } from "@stowage/clock";
import { waitFor } from "./deadline.ts";
import { ClusterError } from "./errors.ts";
import type { ProcessIdentity } from "./state-folder.ts";

/**
 * Every process of a cluster has this variable in its environment, with the state folder as its
 * value, and hands it down to its children. Nothing else is ever ended.
 */
const marker = "STOWAGE_CLUSTER";

type Stat = { readonly state: string; readonly session: number; readonly startTime: string };

/** Parts of /proc/<pid>/stat, proc(5); `undefined` when there is no such process. */
const readStat = async (pid: number): Promise<Stat | undefined> => {
  let text: string;
  try {
    text = await readFile(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses and may itself hold spaces.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { state: fields[0] ?? "", session: Number(fields[3]), startTime: fields[19] ?? "" };
};

/** @throws ClusterError `process_died` when the process is gone already. */
export const identify = async (pid: number): Promise<ProcessIdentity> => {
  const found = await readStat(pid);
  if (found === undefined) throw new ClusterError("process_died", `process ${pid} ended at once`);
  return { pid, startTime: found.startTime };
};

export const isAlive = async ({ pid, startTime }: ProcessIdentity): Promise<boolean> => {
  const found = await readStat(pid);
  return found !== undefined && found.startTime === startTime && found.state !== "Z";
};

export type Start = {
  readonly argv: readonly [string, ...string[]];
  readonly folder: string;
  readonly log: string;
  readonly namespace: string;
  readonly env?: Readonly<Record<string, string>>;
  /** With a channel the caller can hand sockets to the child; see child_process' `send`. */
  readonly channel?: "ipc";
};

/**
 * Starts a program in the cluster's namespace, in a session of its own, so that it outlives us.
 * `ip netns exec` replaces itself by the program: the number is the program's own.
 */
export const start = async (
  what: Start,
): Promise<{ identity: ProcessIdentity; child: ChildProcess }> => {
  const log = await open(what.log, "a");
  try {
    const child = spawn("ip", ["netns", "exec", what.namespace, ...what.argv], {
      cwd: what.folder,
      detached: true,
      env: {
        PATH: process.env["PATH"],
        HOME: "/root",
        LC_ALL: "C",
        ...what.env,
        [marker]: what.folder,
      },
      stdio: ["ignore", log.fd, log.fd, ...(what.channel === undefined ? [] : [what.channel])],
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    child.unref();
    if (child.pid === undefined) {
      throw new ClusterError("process_died", `${what.argv[0]} did not start`);
    }
    return { identity: await identify(child.pid), child };
  } finally {
    await log.close();
  }
};

/** Processes that carry the marker of the cluster in `folder`, dead but unreaped ones left out. */
export const processesOf = async (folder: string): Promise<readonly number[]> => {
  const wanted = `${marker}=${folder}`;
  const numbers = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found: number[] = [];
  for (const pid of numbers) {
    if (pid === process.pid) continue;
    let environment: string;
    try {
      environment = await readFile(`/proc/${pid}/environ`, "utf8");
    } catch {
      continue; // It ended while we looked.
    }
    if (environment.split("\0").includes(wanted)) found.push(pid);
  }
  return found;
};

/** Processes whose network is the namespace called `namespace`, whoever started them. */
export const processesIn = async (namespace: string): Promise<readonly number[]> => {
  let inode: number;
  try {
    inode = (await stat(`/run/netns/${namespace}`)).ino;
  } catch {
    return [];
  }
  const numbers = (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const found: number[] = [];
  for (const pid of numbers) {
    try {
      if ((await stat(`/proc/${pid}/ns/net`)).ino === inode) found.push(pid);
    } catch {
      continue; // It ended while we looked.
    }
  }
  return found;
};

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
};

/** Ends every marked process that `among` picks and waits until they are gone. */
const killMarked = async (
  clock: Clock,
  folder: string,
  what: string,
  among: (pid: number) => Promise<boolean>,
): Promise<void> => {
  // A process on its way out has no environment any more but still its files, with their locks.
  const seen: ProcessIdentity[] = [];
  await waitFor(
    { clock, what: `${what} to end`, limit: seconds(20), every: milliseconds(20) },
    async () => {
      let killed = 0;
      for (const pid of await processesOf(folder)) {
        const found = await readStat(pid);
        if (found === undefined || !(await among(pid))) continue;
        seen.push({ pid, startTime: found.startTime });
        signal(pid, "SIGKILL");
        killed += 1;
      }
      // They may have started others between our look and their end.
      if (killed > 0) return { kind: "not yet", why: `${killed} processes were killed just now` };
      for (const identity of seen) {
        if (await isAlive(identity)) {
          return { kind: "not yet", why: `process ${identity.pid} is still there` };
        }
      }
      return { kind: "there", value: undefined };
    },
  );
};

/**
 * Kills a program and all that it started. User-mode Linux leaves helper processes behind when only
 * its first process is killed, and these hold the locks on its disks.
 */
export const kill = (clock: Clock, folder: string, what: string, first: ProcessIdentity) =>
  killMarked(
    clock,
    folder,
    what,
    // A session's number is not given out again as long as a process of the session lives.
    async (pid) => pid === first.pid || (await readStat(pid))?.session === first.pid,
  );

export const killAll = (clock: Clock, folder: string) =>
  killMarked(clock, folder, "the cluster's processes", async () => true);

/** Asks a program to end and waits until it has. @throws ClusterError `timed_out` */
export const terminate = async (clock: Clock, what: string, identity: ProcessIdentity) => {
  if (await isAlive(identity)) signal(identity.pid, "SIGTERM");
  await waitFor({ clock, what: `${what} to end`, limit: seconds(30) }, async () =>
    (await isAlive(identity))
      ? { kind: "not yet", why: `process ${identity.pid} is still there` }
      : { kind: "there", value: undefined },
  );
};

/** The last lines of a log that `leftOut` does not match, indented, headed by the file's name. */
export const tailOf = async (file: string, lines = 15, leftOut?: RegExp): Promise<string> => {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    return `${file} does not exist`;
  }
  const shown = text
    .trimEnd()
    .split("\n")
    .filter((line) => leftOut?.test(line) !== true);
  const tail = shown.slice(-lines);
  return [`last lines of ${file}:`, ...tail.map((line) => `  ${line}`)].join("\n");
};
