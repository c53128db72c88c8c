import { readdirSync, readFileSync } from "node:fs";
import { milliseconds } from "@stowage/clock";
import { z } from "zod";
import type { Output } from "../command.ts";

/* What the tools themselves were recorded to say: testdata/record.sh. */

const folder = new URL("../testdata/", import.meta.url);

const recording = z.object({
  file: z.string(),
  args: z.array(z.string()),
  exitCode: z.number(),
  stdout: z.string(),
  stderr: z.string(),
});

export type Recording = z.output<typeof recording>;

const read = new Map<string, Recording>();

/** By its path in testdata, without ".json". */
export const recorded = (name: string): Recording => {
  const known = read.get(name);
  if (known !== undefined) return known;
  const text = readFileSync(new URL(`${name}.json`, folder), "utf8");
  const found = recording.parse(JSON.parse(text));
  read.set(name, found);
  return found;
};

/** The names of all recordings of one folder. */
export const recordedIn = (subject: string): string[] =>
  readdirSync(new URL(`${subject}/`, folder))
    .filter((file) => file.endsWith(".json"))
    .map((file) => `${subject}/${file.slice(0, -".json".length)}`);

/**
 * A recording that tells of other things: each key is a word of the recording, and its value what
 * stands in its place.
 * @throws Error for a word that the recording does not say.
 */
export const saidOf = (
  name: string,
  instead: Readonly<Record<string, string | number>>,
): Output => {
  const { exitCode, stdout, stderr } = recorded(name);
  const words = Object.keys(instead);
  for (const word of words) {
    if (!(stdout + stderr).includes(word)) throw new Error(`${name} does not say ${word}`);
  }
  // The longer first: one may be a part of another. In one go: what is put in is not replaced again.
  const pattern = words
    .toSorted((a, b) => b.length - a.length)
    .map((word) => `(?<![\\w-])${literally(word)}(?![\\w-])`)
    .join("|");
  const told = (text: string): string =>
    pattern === ""
      ? text
      : text.replaceAll(new RegExp(pattern, "g"), (word) => String(instead[word] ?? word));
  return { exitCode, stdout: told(stdout), stderr: told(stderr), duration: milliseconds(1) };
};

const literally = (word: string): string => word.replaceAll(/[.*+?^${}()|[\]\\/]/g, "\\$&");
