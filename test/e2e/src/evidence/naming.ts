import { createHash } from "node:crypto";
import path from "node:path";

const longest = 70;

/** A text as part of a path; what is cut off stays told apart by a digest. */
const slug = (text: string): string => {
  const words = text.replaceAll(/[^\p{L}\p{N}.]+/gu, "-").replaceAll(/^-|-$/g, "");
  if (words.length <= longest) return words;
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 6);
  return `${words.slice(0, longest)}-${digest}`;
};

/** Where a run that begins at `at` keeps its evidence: sorts by time. */
export const nameOfRun = (at: Date): string => at.toISOString().slice(0, 19).replaceAll(":", "-");

/** Where in a run's folder the evidence of a test lies. */
export const folderOfTest = (run: string, file: string, test: string): string =>
  path.join(run, path.basename(file).replace(/\.test\.ts$/, ""), slug(test));

/** The same for what failed outside of a file's tests: beforeAll, afterAll. */
export const folderOfHooks = (run: string, file: string): string =>
  folderOfTest(run, file, "hooks");

/** The same for the cluster that all files share, which did not come up. */
export const folderOfInstallation = (run: string): string => path.join(run, "installation");
