/* What a program serves at /metrics, in Prometheus' text format. */

export type Metric = {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** By name the values that were seen; `le` of histograms is left out. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
};

const head = /^# (?<what>HELP|TYPE) (?<name>\S+) (?<text>.*)$/;
const sample = /^(?<name>[a-zA-Z_:][\w:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)$/;
const pair = /(?<label>\w+)="(?<value>(?:[^"\\]|\\.)*)",?/y;

/** @throws Error for a line that is not in the format, and for a sample that no TYPE precedes. */
export const parseScrape = (text: string): ReadonlyMap<string, Metric> => {
  const found = new Map<string, Omit<Metric, "labels"> & { labels: Map<string, Set<string>> }>();
  const helps = new Map<string, string>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const { what, name = "", text: words = "" } = head.exec(line)?.groups ?? {};
    if (what === "HELP") helps.set(name, words);
    else if (what === "TYPE") {
      found.set(name, { name, type: words, help: helps.get(name) ?? "", labels: new Map() });
    } else {
      const read = sample.exec(line)?.groups;
      if (read === undefined) throw new Error(`not in Prometheus' text format: ${line}`);
      const metric =
        found.get(read["name"] ?? "") ??
        found.get(read["name"]?.replace(/_(?:bucket|sum|count)$/, "") ?? "");
      if (metric === undefined) throw new Error(`a sample of a metric without a type: ${line}`);
      for (const [label, value] of pairsOf(read["labels"] ?? "")) {
        if (label === "le") continue;
        metric.labels.set(label, (metric.labels.get(label) ?? new Set()).add(value));
      }
    }
  }
  return found;
};

const pairsOf = (text: string): [string, string][] => {
  const pairs: [string, string][] = [];
  pair.lastIndex = 0;
  while (pair.lastIndex < text.length) {
    const { label, value } = pair.exec(text)?.groups ?? {};
    if (label === undefined || value === undefined) throw new Error(`these are no labels: ${text}`);
    pairs.push([label, value]);
  }
  return pairs;
};
