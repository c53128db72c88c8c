import { splitCommands } from "./split-commands.ts";

/** A block of a page that holds commands, in the order in which a reader runs them. */
export type Block = {
  readonly page: string;
  /** The nearest heading above it, without its marks. */
  readonly heading: string;
  readonly commands: readonly string[];
  /** What the page shows as the output of the last of them: the plain fenced block that follows. */
  readonly output: string | undefined;
};

/** Any block of a page: indented by four spaces, or fenced. */
export type RawBlock = {
  readonly heading: string;
  /** What stands behind the opening fence; undefined of an indented block. */
  readonly language: string | undefined;
  readonly text: string;
  /** Whether nothing but blank lines is between it and the block before. */
  readonly follows: boolean;
};

/** All blocks of a page of Markdown. Only a line after a blank one can begin an indented block. */
export const rawBlocks = (markdown: string): RawBlock[] => {
  const blocks: RawBlock[] = [];
  let heading = "";
  let open: { language: string | undefined; lines: string[] } | undefined;
  let follows = false;
  let previous = "";
  const close = (): void => {
    if (open === undefined) return;
    const text = open.lines.join("\n").trimEnd();
    blocks.push({ heading, language: open.language, text, follows });
    open = undefined;
    follows = true;
  };
  for (const line of markdown.split("\n")) {
    const fence = /^```(?<language>.*)$/.exec(line);
    if (open !== undefined && open.language !== undefined) {
      if (fence === null) open.lines.push(line);
      else close();
    } else if (fence !== null) {
      close();
      open = { language: fence.groups?.["language"] ?? "", lines: [] };
    } else if (/^ {4}/.test(line) && (open !== undefined || previous === "")) {
      open ??= { language: undefined, lines: [] };
      open.lines.push(line.slice(4));
    } else if (line === "") {
      open?.lines.push("");
    } else {
      close();
      follows = false;
      heading = /^#+ (?<text>.*)$/.exec(line)?.groups?.["text"] ?? heading;
    }
    previous = line;
  }
  close();
  return blocks;
};

export type Content = "commands" | "transcript" | "help" | "data" | "figure" | "output";

/** What a block holds; undefined when nothing tells, which is a fault of the page. */
export const contentOf = ({ language, text, follows }: RawBlock): Content | undefined => {
  if (language === "sh") return "commands";
  if (language === "yaml" || language === "json") return "data";
  if (language === "mermaid") return "figure";
  if (/^\$ /m.test(text)) return "transcript";
  if (text.startsWith("Usage: ")) return "help";
  if (/[─│▶▲▓]/u.test(text) || /^\w+ = /.test(text)) return "figure";
  if (/^[\w.-]+:(?:\s|$)/.test(text)) return "data";
  // Tables and messages of Stowage's and Kubernetes' begin with a capital letter or a number.
  if (/^[A-Z\d]/.test(text) || (language === "" && follows)) return "output";
  return /^[a-z_]+=\S|^[a-z][a-z-]*(?: |$)/.test(text) ? "commands" : undefined;
};

const commandsIn = (content: Content | undefined, text: string): string[] => {
  switch (content) {
    case "commands":
      return splitCommands(text);
    case "transcript":
      return text
        .split("\n")
        .filter((line) => line.startsWith("$ "))
        .map((line) => line.slice(2));
    case "help":
      return (text.split("\nExamples:\n")[1] ?? "")
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line !== "" && !line.startsWith("#"));
    case "data":
    case "figure":
    case "output":
    case undefined:
      return [];
  }
};

/** The blocks of a page that hold commands. */
export const commandBlocks = (page: string, markdown: string): Block[] => {
  const all = rawBlocks(markdown);
  return all.flatMap((block, index) => {
    const content = contentOf(block);
    const commands = commandsIn(content, block.text);
    if (commands.length === 0) return [];
    const next = all[index + 1];
    const output =
      content === "commands" &&
      next?.follows === true &&
      next.language === "" &&
      contentOf(next) === "output"
        ? next.text
        : undefined;
    return [{ page, heading: block.heading, commands, output }];
  });
};

/** A command within a sentence, with the heading above it. */
export type Mention = { readonly heading: string; readonly command: string };

/** Commands of kubectl's and Helm's that stand within sentences; dots at their end stand for names. */
export const mentions = (markdown: string): Mention[] =>
  sections(markdown).flatMap(({ heading, prose }) =>
    [...prose.matchAll(/`(?<command>(?:kubectl|helm) [^`]+)`/g)].map(({ groups }) => ({
      heading,
      command: (groups?.["command"] ?? "").replaceAll(/\s+/g, " ").replace(/ \.\.\.$/, ""),
    })),
  );

/** What is left of a page without its blocks, by heading. */
const sections = (markdown: string): { readonly heading: string; readonly prose: string }[] => {
  const prose = markdown.replaceAll(/^```[^]*?^```$/gm, "").replaceAll(/^ {4}.*$/gm, "");
  return prose.split(/^#+ /m).map((section) => {
    const [heading = "", ...lines] = section.split("\n");
    return { heading, prose: lines.join("\n") };
  });
};
