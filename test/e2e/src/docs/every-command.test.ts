import { expect, test } from "vitest";
import { commandBlocks, contentOf, mentions, rawBlocks } from "./blocks.ts";
import { notRun, printedTranscripts } from "./not-run.ts";
import { pages, readPage } from "./pages.ts";
import { takenByTests } from "./taken.ts";

/** Line breaks say nothing about what a command does. */
const onOneLine = (command: string): string => command.replaceAll(/(?:\s|\\\n)+/g, " ");

const taken = takenByTests().map(onOneLine);
const isTaken = (command: string): boolean => taken.some((other) => other.includes(command));
const commandsOf = (page: string): string[] => [
  ...commandBlocks(page, readPage(page)).flatMap(({ commands }) => commands.map(onOneLine)),
  ...mentions(readPage(page)).map(({ command }) => command),
];

const excuseOf = (command: string): string | undefined =>
  notRun.find((excuse) => command.startsWith(excuse.command))?.command;

test.for(pages)("every command in %s is run by a test, or said not to be", (page) => {
  const printed = printedTranscripts[page] !== undefined;
  const blocks = rawBlocks(readPage(page)).filter(
    (block) => !(printed && contentOf(block) === "transcript"),
  );
  expect(blocks.filter((block) => contentOf(block) === undefined)).toEqual([]);
  const left = commandsOf(page).filter(
    (command) =>
      !(printed && isInTranscript(page, command)) &&
      excuseOf(command) === undefined &&
      !command.split(" && ").every(isTaken),
  );
  expect(left).toEqual([]);
});

const isInTranscript = (page: string, command: string): boolean =>
  readPage(page).includes(`\n$ ${command}\n`);

// kubectl takes "both are missing" for an error of another kind, and gives up at once.
test.for(pages)("where %s waits for something to be created, it is for one thing", (page) => {
  const waits = commandsOf(page).filter((command) => command.includes("wait --for=create"));
  expect(waits.filter((command) => (command.match(/[a-z]+\/\S+/g) ?? []).length !== 1)).toEqual([]);
});

test("every excuse is needed", () => {
  const all = pages.flatMap(commandsOf);
  for (const { command } of notRun) {
    expect(all.some((written) => written.startsWith(command))).toBe(true);
  }
});

test("the tests take many commands, so that the search for them cannot have found nothing", () => {
  expect(taken.length).toBeGreaterThan(20);
});
