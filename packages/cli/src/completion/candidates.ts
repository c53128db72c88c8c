import type { NodeLocalStorage } from "@stowage/api";

/** What names in the cluster an argument can be completed from. */
export type Names = {
  readonly groups: readonly NodeLocalStorage[];
  /** Of the namespace. */
  readonly pods: readonly string[];
};

/** The options that are followed by a value. */
const valued = new Set([
  "--kubeconfig",
  "--context",
  "-n",
  "--namespace",
  "-o",
  "--output",
  "-f",
  "--filename",
  "--storage-class",
  "--wipe",
]);

const takesFile = new Set(["--kubeconfig", "-f", "--filename"]);

/** Whether the last word is the name of a file, which the shell completes best. */
export const isFile = (words: readonly string[]): boolean => takesFile.has(words.at(-2) ?? "");

/** The value of an option among the words. */
export const valueOf = (
  words: readonly string[],
  ...names: readonly string[]
): string | undefined => {
  const at = words.findIndex((word) => names.includes(word));
  return at < 0 ? undefined : words[at + 1];
};

/** The words that are neither options nor their values, without the one that is being typed. */
const operands = (words: readonly string[]): string[] =>
  words
    .slice(0, -1)
    .filter((word, index) => !word.startsWith("-") && !valued.has(words[index - 1] ?? ""));

/** The commands that take arguments: how many words they have, and what the arguments are. */
const argumentsOf: Readonly<Record<string, readonly Argument[]>> = {
  "explain pod": ["pod"],
  devices: ["node"],
  evacuate: ["node", "group", "device"],
  "node lost": ["node"],
  "orphans adopt": ["node", "group", "orphan"],
  "orphans collect": ["node", "group", "orphan"],
};

type Argument = "pod" | "node" | "group" | "device" | "orphan";

/** What the word that is being typed can become. */
export const candidates = (
  words: readonly string[],
  { groups, pods }: Names,
): { readonly command: string; readonly values: readonly string[] } | undefined => {
  const given = operands(words);
  const command = Object.keys(argumentsOf).find(
    (name) => given.slice(0, name.split(" ").length).join(" ") === name,
  );
  if (command === undefined) return undefined;
  const [node, group] = given.slice(command.split(" ").length);
  const place = given.length - command.split(" ").length;
  const on = groups.filter(
    ({ spec }) =>
      (node === undefined || spec.nodeName === node) &&
      (group === undefined || spec.volumeGroup === group),
  );
  const valuesOf = (argument: Argument | undefined): string[] => {
    switch (argument) {
      case undefined:
        return [];
      case "pod":
        return [...pods];
      case "node":
        return on.map(({ spec }) => spec.nodeName);
      case "group":
        return on.map(({ spec }) => spec.volumeGroup);
      case "device":
        return on.flatMap(({ status }) => status.devices.map(({ path }) => path));
      case "orphan":
        return on.flatMap(({ status }) => status.orphans.map(({ name }) => name));
    }
  };
  return { command, values: [...new Set(valuesOf(argumentsOf[command]?.[place]))].toSorted() };
};
