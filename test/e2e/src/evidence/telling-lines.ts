import { loggedTrouble } from "./logged-trouble.ts";
import { groupsNotReady, nodesNotReady, podsNotReady, warnings } from "./told-objects.ts";
import { noAnswer } from "./shelf.ts";

const longest = 240;
const mostLines = 10;

const short = (text: string): string => {
  const flat = text.replaceAll(/\s+/g, " ").trim();
  return flat.length <= longest ? flat : `${flat.slice(0, longest)}...`;
};

/** What is down, and the first question that was not answered. */
const silence = (files: ReadonlyMap<string, string>): string[] => {
  const down = (files.get("state.txt") ?? "")
    .split("\n")
    .filter((line) => line.endsWith("is down"));
  const unanswered = [...files].filter(([, text]) => text.startsWith(noAnswer));
  const [first] = unanswered;
  if (first === undefined) return down;
  const [file, text] = first;
  const others = unanswered.length > 1 ? ` and ${unanswered.length - 1} other files` : "";
  // What failed comes first, and why last.
  const why = text.slice(noAnswer.length).trimEnd().split("\n").at(-1) ?? "";
  return [...down, `${file}${others} could not be had: ${why}`];
};

/**
 * The few lines of a cluster's evidence that a person would look for first, most telling first.
 * @param files the evidence, by name.
 * @param since when the test began: what was before is left out.
 */
export const tellingLines = (files: ReadonlyMap<string, string>, since: Date): string[] =>
  [
    ...silence(files).slice(0, 4),
    ...nodesNotReady(files.get("objects/nodes.yaml")).slice(0, 2),
    ...groupsNotReady(files.get("objects/nodelocalstorages.yaml")).slice(0, 3),
    ...podsNotReady(files.get("objects/pods.yaml")).slice(0, 3),
    ...warnings(files.get("objects/events.yaml"), since).slice(-4),
    ...loggedTrouble(files, since).slice(-4),
  ]
    .map(short)
    .slice(0, mostLines);
