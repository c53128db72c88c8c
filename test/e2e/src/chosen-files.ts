import { globSync } from "node:fs";
import path from "node:path";
import type { Milliseconds } from "@stowage/clock";
import { milliseconds } from "@stowage/clock";

/*
 * Which files of the cluster tests `make test` runs. Where the machine is so slow that all of them would
 * take more than an hour, only the essential ones: that a volume is made, lives through a power cut and
 * goes; that the informers and the rights are as they should be.
 */

/** Where a program takes this long to start in a node, see @stowage/test-cluster's programStart. */
const tooSlowForAll = milliseconds(60);
const essential: ReadonlySet<string> = new Set(["first-volume", "kube", "least-privilege"]);

const isEssential = (file: string): boolean => essential.has(path.basename(file, ".test.ts"));

/**
 * The files to run and those left out, as paths from the project's root. `start` is what a program's
 * start takes in a node; who has the time for all files gives none.
 */
export const chosenFiles = (
  start?: Milliseconds,
): { readonly run: readonly string[]; readonly leftOut: readonly string[] } => {
  const all = globSync("test/e2e/cases/**/*.test.ts", {
    cwd: path.join(import.meta.dirname, "../../.."),
  })
    .filter((file) => !file.endsWith(".long.test.ts"))
    .toSorted();
  if (start === undefined || start < tooSlowForAll) return { run: all, leftOut: [] };
  return { run: all.filter(isEssential), leftOut: all.filter((file) => !isEssential(file)) };
};
