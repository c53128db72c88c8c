import type { Plain } from "../kinds.ts";

/** pino's level of an error; a warning is 40. */
const error = 50;
const warning = 40;

/** What every line has, and nobody looks for first. */
const usual: ReadonlySet<string> = new Set(["level", "time", "pid", "hostname", "name", "msg"]);

type Trouble = { readonly level: number; readonly time: number; readonly words: string };

const timed = /^(?<time>\d{4}-\d\d-\d\dT\S+Z) (?<said>.*)$/;

/** A program's line, if it is about trouble; what is no JSON is Node's own word on its end. */
const troubleIn = (file: string, line: string): Trouble | undefined => {
  const { time, said = line } = timed.exec(line)?.groups ?? {};
  const program =
    file
      .split("/")
      .at(-1)
      ?.replace(/\.log$/, "") ?? file;
  let logged: Plain;
  try {
    logged = JSON.parse(said) as Plain;
  } catch {
    return time !== undefined && /^\w*Error\b/.test(said)
      ? { level: error, time: Date.parse(time), words: `${program}: ${said}` }
      : undefined;
  }
  const level = Number(logged["level"]);
  if (!(level >= warning)) return undefined;
  const more = Object.fromEntries(Object.entries(logged).filter(([key]) => !usual.has(key)));
  return {
    level,
    time: Number(logged["time"]),
    words: `${program}: ${String(logged["msg"])} ${JSON.stringify(more)}`,
  };
};

/** Files with logs of Stowage's programs: in Pods, or on the host beside the control plane's. */
const isProgramLog = (file: string): boolean =>
  /^(?:programs\/.*|logs\/(?:agent|extender|provisioner).*)\.log$/.test(file);

/** The errors that programs logged since then, oldest first; warnings where there is no error. */
export const loggedTrouble = (files: ReadonlyMap<string, string>, since: Date): string[] => {
  const all = [...files]
    .filter(([file]) => isProgramLog(file))
    .flatMap(([file, text]) => text.split("\n").map((line) => troubleIn(file, line)))
    .filter((trouble) => trouble !== undefined)
    .filter(({ time }) => time >= since.getTime())
    .toSorted((a, b) => a.time - b.time);
  const errors = all.filter(({ level }) => level >= error);
  return (errors.length > 0 ? errors : all).map(({ words }) => words);
};
