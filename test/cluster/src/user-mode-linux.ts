import path from "node:path";
import { command } from "./command.ts";
import { ClusterError } from "./errors.ts";
import type { Kernel } from "./kernel.ts";
import { tailOf } from "./processes.ts";

/** An image file of the host as a disk; udev's links are made of the serial number. */
export type MachineDisk = {
  readonly unit: number;
  readonly file: string;
  readonly serial?: string;
  /** `shared` takes no lock, so that other machines may have the same file. */
  readonly access?: "alone" | "shared";
};

/** As the kernel's command line and its management console take it. */
export const ubdArgument = ({ unit, file, serial, access }: MachineDisk): string =>
  `ubd${unit}${access === "shared" ? "c" : ""}=${file}${serial === undefined ? "" : `,,${serial}`}`;

/** What a user-mode Linux kernel is started with. */
export type Machine = {
  readonly name: string;
  readonly memory: string;
  /** Holds `<name>/pid` and the socket `<name>/mconsole` while the machine runs. */
  readonly folder: string;
  /** Image files: the first is ubda, by unit number; a hole is no disk. */
  readonly disks: readonly MachineDisk[];
  /** Network devices of the host that become vec0, vec1, ... */
  readonly taps: readonly string[];
  readonly init: string;
  /** Environment of the first process; user-mode Linux passes unknown `name=value` on to it. */
  readonly environment: Readonly<Record<string, string>>;
};

/**
 * How a machine is started on `kernel`. Its root is the host's own file system, read-only; kernel messages and
 * what init prints go to stdout. Source: Documentation/virt/uml/user_mode_linux_howto_v2.rst.
 * @throws ClusterError `host_unsuitable` for a path that the kernel would read as several words.
 */
export const machineArgv = (kernel: Kernel, machine: Machine): [string, ...string[]] => [
  kernel.program,
  ...wordsOf(kernel, machine).map(oneWord),
];

const wordsOf = (kernel: Kernel, machine: Machine): string[] => [
  ...kernel.argv,
  `mem=${machine.memory}`,
  `umid=${machine.name}`,
  `uml_dir=${machine.folder}/`,
  "root=/dev/root",
  "rootfstype=hostfs",
  "ro",
  `init=${machine.init}`,
  ...machine.disks.map(ubdArgument),
  ...machine.taps.map((tap, n) => `vec${n}:transport=tap,ifname=${tap},depth=128,gro=1`),
  "con=null",
  "con0=null,fd:1",
  "loglevel=4",
  "panic=1",
  `stowage_modules=${kernel.modules}`,
  ...Object.entries(machine.environment).map(([name, value]) => `${name}=${value}`),
];

/** The kernel joins its arguments by blanks, and splits the whole at blanks. */
const oneWord = (argument: string): string => {
  if (!/\s/.test(argument)) return argument;
  throw new ClusterError(
    "host_unsuitable",
    `the nodes' kernel cannot be told "${argument}", because of the blank: have the checkout, TMPDIR, XDG_CACHE_HOME and STOWAGE_CLUSTER_DIR (or XDG_STATE_HOME) below paths without blanks`,
  );
};

/**
 * The end of a machine's console, without the stack and the calls that a panic prints: nearly every
 * panic is a first process that ended, and why it did stands before them.
 */
export const endOfConsole = (file: string): Promise<string> =>
  tailOf(file, 15, /^(?:Stack:|Call Trace:| [\da-f]{8} [\da-f]{8} | \[<[\da-f]+>\] )/u);

/** The nodes' /dev name of the unit: 0 is /dev/ubda. */
export const deviceOf = (unit: number): string => `/dev/ubd${"abcdefghijklmnop".charAt(unit)}`;

/** The most units that the kernel takes (MAX_DEV in arch/um/drivers/ubd_kern.c). */
export const unitLimit = 16;

/**
 * Gives a running machine an order over its management console, such as `config ubd3=/a/file` or
 * `remove ubd3`, and returns the answer.
 * @throws ClusterError `command_failed` with the kernel's own words.
 */
export const order = (folder: string, machine: string, text: string): Promise<string> =>
  command([
    "perl",
    path.join(import.meta.dirname, "mconsole.pl"),
    path.join(folder, machine, "mconsole"),
    text,
  ]);
