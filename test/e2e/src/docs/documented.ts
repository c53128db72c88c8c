import { pages, readPage } from "./pages.ts";
import type { Block } from "./blocks.ts";
import { parse } from "yaml";
import { commandBlocks, contentOf, mentions, rawBlocks } from "./blocks.ts";

/*
 * Tests run commands as the documentation has them. They name page, heading and beginning as string
 * literals, by which every-command.test.ts finds what no test runs.
 */

/** A page by its path in the repository, or by its name in docs. */
const pathOf = (page: string): string => {
  const path = [page, `docs/${page}`].find((candidate) => pages.includes(candidate));
  if (path === undefined) throw new Error(`there is no page ${page}`);
  return path;
};

/** Every block of commands of a page, for a test that follows it from its beginning to its end. */
export const blocksOf = (page: string): Block[] =>
  commandBlocks(pathOf(page), readPage(pathOf(page)));

/**
 * The one command below a heading of a page that begins so, in a block or in a sentence.
 * @throws Error if there is none, or more than one.
 */
export const documented = (page: string, heading: string, beginning: string): string => {
  const candidates = new Set([
    ...blocksOf(page)
      .filter((block) => block.heading === heading)
      .flatMap(({ commands }) => commands),
    ...mentions(readPage(pathOf(page)))
      .filter((mention) => mention.heading === heading)
      .map(({ command }) => command),
  ]);
  // A command that is another one's beginning is meant when it is named in full.
  if (candidates.has(beginning)) return beginning;
  const found = [...candidates].filter((command) => command.startsWith(beginning));
  const [command] = found;
  if (command !== undefined && found.length === 1) return command;
  throw new Error(
    `${page}, "${heading}" has ${found.length} commands that begin with "${beginning}"; it has\n${[...candidates].join("\n")}`,
  );
};

/** The YAML that a page shows below a heading, in its order. */
export const examplesOf = (page: string, heading: string): unknown[] =>
  rawBlocks(readPage(pathOf(page)))
    .filter((block) => block.heading === heading && contentOf(block) === "data")
    .map(({ text }): unknown => parse(text));
