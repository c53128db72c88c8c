/*
 * The logs of a node's Pods as the kubelet keeps them: /var/log/pods/<namespace>_<pod>_<uid>/
 * <container>/<restarts>.log, each line `<time> <stream> <P|F> <what the program wrote>`.
 */

type ProgramLog = { readonly file: string; readonly text: string };

const heading = /^==> [^_]+_(?<pod>[^_]+)_[^/]+\/(?<container>[^/]+)\/(?<restarts>\d+)\.log$/;
const line = /^(?<time>\S+) (?:stdout|stderr) [PF] (?<said>.*)$/;

/**
 * Parts one text, in which `==> <path>` is ahead of each log, into logs whose lines are `<time> <what
 * the program wrote>`, without those from before `since`.
 */
export const programLogs = (text: string, since: Date): ProgramLog[] => {
  const logs: { file: string; lines: string[] }[] = [];
  for (const each of text.split("\n")) {
    const { pod, container, restarts } = heading.exec(each)?.groups ?? {};
    if (pod !== undefined) {
      logs.push({ file: `${pod}.${container}.${restarts}.log`, lines: [] });
      continue;
    }
    const { time, said } = line.exec(each)?.groups ?? {};
    if (time === undefined || new Date(time) < since) continue;
    logs.at(-1)?.lines.push(`${time} ${said}`);
  }
  return logs.map(({ file, lines }) => ({
    file,
    text: lines.length > 0 ? lines.join("\n") : `it wrote nothing since ${since.toISOString()}`,
  }));
};
