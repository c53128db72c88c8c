import { readFile } from "node:fs/promises";
import path from "node:path";
import { cached, cacheKey } from "./cache-folder.ts";
import { command } from "./command.ts";

/**
 * A library for LD_PRELOAD, without which the machine's processes outlive it on the host, and the
 * kernel dies on some processors; see ptrace-shim.c.
 */
export const ptraceShim = async (): Promise<string> => {
  const source = path.join(import.meta.dirname, "ptrace-shim.c");
  const key = cacheKey(await readFile(source, "utf8"));
  const folder = await cached("ptrace-shim", key, async (unfinished) => {
    await command([
      "gcc",
      "-O2",
      "-shared",
      "-fPIC",
      "-o",
      path.join(unfinished, "ptrace-shim.so"),
      source,
    ]);
  });
  return path.join(folder, "ptrace-shim.so");
};
