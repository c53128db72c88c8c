import { access, glob, readFile } from "node:fs/promises";
import path from "node:path";
import { folderOfInstallation } from "./naming.ts";

const indented = (text: string): string =>
  text
    .trimEnd()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => `    ${line}`)
    .join("\n");

/** Names a folder of evidence and shows its telling lines; undefined when there is no such folder. */
export const toldOf = async (folder: string): Promise<string | undefined> => {
  try {
    await access(folder);
  } catch {
    return undefined;
  }
  const lines = await readFile(path.join(folder, "telling.txt"), "utf8").catch(() => "");
  const where = `  evidence: ${path.relative(process.cwd(), folder)}/`;
  return lines === "" ? where : `${where}\n${indented(lines)}`;
};

/** The errors as they were when evidence was gathered, behind what failed and when. */
export const errorsKept = async (folder: string): Promise<string> => {
  const text = await readFile(path.join(folder, "failure.txt"), "utf8").catch(() => "");
  return text.slice(text.indexOf("\n\n") + 2).trimEnd();
};

/** What there is of a cluster that did not come up: why, and its evidence. */
export const toldOfInstallation = async (run: string): Promise<string | undefined> => {
  const folder = folderOfInstallation(run);
  const told = await toldOf(folder);
  if (told === undefined) return undefined;
  const lines = (await errorsKept(folder)).split("\n").slice(0, 12);
  return `${indented(lines.join("\n"))}\n${told}`;
};

/** All that a run left behind, for the end of its output; undefined when nothing failed. */
export const toldOfRun = async (run: string): Promise<string | undefined> => {
  const folders: string[] = [];
  for await (const file of glob("**/failure.txt", { cwd: run })) folders.push(path.dirname(file));
  const told = await Promise.all(
    folders.toSorted().map((folder) => toldOf(path.join(run, folder))),
  );
  return told.length === 0 ? undefined : told.filter((each) => each !== undefined).join("\n");
};
