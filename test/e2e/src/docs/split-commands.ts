/**
 * A script's commands, each as it is written: a backslash at the end of a line, an open quote and a
 * here-document go on with it. Comments are left out.
 */
export const splitCommands = (script: string): string[] => {
  const commands: string[] = [];
  let lines: string[] = [];
  let hereDocumentEnd: string | undefined;
  for (const line of script.split("\n")) {
    if (lines.length === 0 && (line.trim() === "" || line.startsWith("#"))) continue;
    lines.push(line);
    if (hereDocumentEnd !== undefined) {
      if (line !== hereDocumentEnd) continue;
      hereDocumentEnd = undefined;
    } else {
      hereDocumentEnd = /<<'?(?<end>[A-Z]+)'?$/.exec(line)?.groups?.["end"];
      if (hereDocumentEnd !== undefined || line.endsWith("\\") || hasOpenQuote(lines)) continue;
    }
    if (lines[0]?.endsWith("; do") === true && line !== "done") continue;
    commands.push(lines.join("\n"));
    lines = [];
  }
  if (lines.length > 0) throw new Error(`a command has no end:\n${lines.join("\n")}`);
  return commands.map(withoutComment);
};

/** Single quotes only: within those the pages have double ones, and no escaped ones at all. */
const hasOpenQuote = (lines: readonly string[]): boolean =>
  (lines.join("\n").match(/'/g)?.length ?? 0) % 2 === 1;

const withoutComment = (command: string): string =>
  command.includes("\n") ? command : command.replace(/\s+# .*$/, "");
