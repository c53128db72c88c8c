import { readdir } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { cacheFolder, cacheKey, cached } from "./cache-folder.ts";
import { command } from "./command.ts";
import { unpackPackages } from "./debian-packages.ts";
import { ClusterError } from "./errors.ts";
import type { Progress } from "./progress.ts";
import { runsHere } from "./probe-machine.ts";
import { ptraceShim } from "./ptrace-shim.ts";

/** A user-mode Linux kernel, and how it is started. */
export const kernelRecord = z.object({
  /** As its Debian package calls it. */
  version: z.string(),
  program: z.string(),
  /** The folder that the nodes see as /lib/modules/<release>. */
  modules: z.string(),
  argv: z.array(z.string()),
  env: z.record(z.string(), z.string()),
});
export type Kernel = z.infer<typeof kernelRecord>;

/**
 * The newer kernel has its processes trapped by seccomp, where the older one follows them by ptrace:
 * programs start in a third of the time. It is taken in this version alone, the one that was tried.
 * docs/decisions/0027-the-kernel-of-the-nodes.md
 */
const newer = { version: "7.2um1", releases: ["forky", "sid"] } as const;

/** What the host has installed, see setup.sh. */
const older = { version: "6.1", program: "linux.uml", modules: "/usr/lib/uml/modules" } as const;

/**
 * The kernel of the nodes: the newer one where it can be had and runs, or else the older one, which
 * STOWAGE_TEST_KERNEL=6.1 asks for. @throws ClusterError `host_unsuitable`
 */
export const chooseKernel = async (progress: Progress): Promise<Kernel> => {
  const wanted = process.env["STOWAGE_TEST_KERNEL"];
  if (wanted === older.version) return olderKernel();
  if (wanted !== undefined && wanted !== newer.version) {
    throw new ClusterError(
      "host_unsuitable",
      `STOWAGE_TEST_KERNEL is "${wanted}": give ${newer.version} or ${older.version}, or nothing`,
    );
  }
  try {
    const kernel = await newerKernel(progress);
    await runsHere(kernel);
    return kernel;
  } catch (error) {
    if (wanted !== undefined) throw error;
    progress.note(
      `The nodes run kernel ${older.version}, which is several times slower than ${newer.version}: ${String(error)}\nIf its files are damaged, remove ${cacheFolder()}/kernel-* to have it fetched anew.`,
    );
    return olderKernel();
  }
};

/** Debian 12's, with what it needs on this host. */
export const olderKernel = async (): Promise<Kernel> => {
  const [release = ""] = await readdir(older.modules);
  return {
    version: older.version,
    program: older.program,
    modules: path.join(older.modules, release),
    argv: [],
    env: { LD_PRELOAD: await ptraceShim() },
  };
};

/**
 * The kernel takes the last variable of its environment, PATH left out, for the top of its stack
 * (get_top_address in arch/um/kernel/um_arch.c). Where PATH is the only one it is a page off, and lays
 * its stub over the stack of the process that maps it.
 */
const stackMark = { STOWAGE_STACK_MARK: "1" };

const libraries = "usr/lib/x86_64-linux-gnu";

const newerKernel = async (progress: Progress): Promise<Kernel> => {
  const key = cacheKey(newer.version, ...newer.releases);
  const folder = await cached("kernel", key, (unfinished, finished) =>
    progress.stage(`Fetching the nodes' kernel ${newer.version} (once)`, async () => {
      await unpackPackages(unfinished, "bookworm", newer.releases, [
        `user-mode-linux=${newer.version}`,
        "libc6",
      ]);
      // Debian 12's C library is older than what this kernel is linked with.
      await command([
        "patchelf",
        "--set-interpreter",
        path.join(finished, libraries, "ld-linux-x86-64.so.2"),
        "--force-rpath",
        "--set-rpath",
        path.join(finished, libraries),
        path.join(unfinished, "usr/bin/linux.uml"),
      ]);
    }),
  );
  const modules = path.join(folder, "usr/lib/uml/modules");
  const [release = ""] = await readdir(modules);
  return {
    version: newer.version,
    program: path.join(folder, "usr/bin/linux.uml"),
    modules: path.join(modules, release),
    argv: ["seccomp=on"],
    env: stackMark,
  };
};
