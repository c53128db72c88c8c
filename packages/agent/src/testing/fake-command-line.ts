import { milliseconds } from "@stowage/clock";
import type { Output } from "@stowage/lvm";

export type Parsed = {
  readonly options: ReadonlyMap<string, string[]>;
  readonly operands: string[];
};

export const parse = (args: readonly string[]): Parsed => {
  const options = new Map<string, string[]>();
  const operands: string[] = [];
  const words = args.filter((word) => word !== "--");
  for (const word of words) {
    const match = /^--(?<name>[a-z-]+)(=(?<value>.*))?$/s.exec(word);
    const name = match?.groups?.["name"];
    if (name === undefined) operands.push(word);
    else options.set(name, [...(options.get(name) ?? []), match?.groups?.["value"] ?? ""]);
  }
  // lvm's own first word is the command.
  const isTool = /^(vg|lv|pv|fullreport)/.test(args[0] ?? "") && !(args[0] ?? "").includes("/");
  return { options, operands: isTool ? operands.slice(1) : operands };
};

export const succeeded = (stdout: string): Output => ({
  exitCode: 0,
  stdout,
  stderr: "",
  duration: milliseconds(1),
});

/** LVM's exit code is 5 for nearly everything, that of util-linux is 1. */
export const failed = (stderr: string, exitCode: 5 | 1): Output => ({
  exitCode,
  stdout: "",
  stderr,
  duration: milliseconds(1),
});
