/*
 * Prometheus' text format, by hand: a metrics library costs a node more memory than all else that
 * is counted here. Source: prometheus.io/docs/instrumenting/exposition_formats
 */

/** Values of labels are names of LVM's, of Kubernetes' or of ours: none has what had to be escaped. */
export type Labels = Readonly<Record<string, string>>;

const labelled = (labels: Labels): string => {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
};

export const sample = (name: string, labels: Labels, value: number): string =>
  `${name}${labelled(labels)} ${value}`;

export const head = (
  name: string,
  type: "counter" | "gauge" | "histogram",
  help: string,
): string[] => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];

/** Up to the limit of a write, 120 s. */
const buckets = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 120];

type Series = {
  readonly labels: Labels;
  readonly counts: number[];
  count: number;
  seconds: number;
};

/** How long things took, and with that how many there were. */
export class Durations {
  readonly #name: string;
  readonly #help: string;
  readonly #series = new Map<string, Series>();

  constructor(name: string, help: string) {
    this.#name = name;
    this.#help = help;
  }

  observe(labels: Labels, seconds: number): void {
    const key = labelled(labels);
    const series = this.#series.get(key) ?? {
      labels,
      counts: buckets.map(() => 0),
      count: 0,
      seconds: 0,
    };
    this.#series.set(key, series);
    series.count += 1;
    series.seconds += seconds;
    for (const [index, limit] of buckets.entries()) {
      if (seconds <= limit) series.counts[index] = (series.counts[index] ?? 0) + 1;
    }
  }

  lines(): string[] {
    const name = this.#name;
    const lines = head(name, "histogram", this.#help);
    for (const { labels, counts, count, seconds } of this.#series.values()) {
      for (const [index, limit] of buckets.entries()) {
        lines.push(sample(`${name}_bucket`, { ...labels, le: `${limit}` }, counts[index] ?? 0));
      }
      lines.push(sample(`${name}_bucket`, { ...labels, le: "+Inf" }, count));
      lines.push(sample(`${name}_sum`, labels, seconds), sample(`${name}_count`, labels, count));
    }
    return lines;
  }
}
