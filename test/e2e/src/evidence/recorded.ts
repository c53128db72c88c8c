import { globSync, readFileSync } from "node:fs";
import path from "node:path";

/** The files of a cluster's evidence that testdata keeps, by name, and where they lie. */
export const recorded = (name: string): ReadonlyMap<string, string> => {
  const folder = path.join(import.meta.dirname, "testdata", name);
  const files = globSync("**/*.{txt,yaml,log}", { cwd: folder }).toSorted();
  return new Map(files.map((file) => [file, readFileSync(path.join(folder, file), "utf8")]));
};
