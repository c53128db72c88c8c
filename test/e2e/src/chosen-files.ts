import { globSync } from "node:fs";
import path from "node:path";

/*
 * Which files of the cluster tests `make test` runs. Where the machine is so slow that all of them would
 * take more than an hour, only the essential ones: that a volume is made, lives through a power cut and
 * goes; that the informers and the rights are as they should be.
 */

/** From this many times the usual time on, see @stowage/test-cluster's patience. */
const tooSlowForAll = 4;
const essential: ReadonlySet<string> = new Set(["first-volume", "kube", "least-privilege"]);

const isEssential = (file: string): boolean => essential.has(path.basename(file, ".test.ts"));

/** The files to run and those left out, as paths from the project's root. */
export const chosenFiles = (
  patience: number,
): { readonly run: readonly string[]; readonly leftOut: readonly string[] } => {
  const all = globSync("test/e2e/cases/**/*.test.ts", {
    cwd: path.join(import.meta.dirname, "../../.."),
  })
    .filter((file) => !file.endsWith(".long.test.ts"))
    .toSorted();
  if (patience < tooSlowForAll) return { run: all, leftOut: [] };
  return { run: all.filter(isEssential), leftOut: all.filter((file) => !isEssential(file)) };
};
