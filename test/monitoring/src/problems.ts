import type { Query } from "./deployed.ts";
import type { Condition } from "./query.ts";
import { namesIn } from "./query.ts";
import type { Metric } from "./scrape.ts";

/** What Prometheus adds to all that it scrapes: by docs/metrics.md, and by itself. */
const ofTargets: ReadonlySet<string> = new Set(["node", "namespace", "pod", "job", "instance"]);

/** What is wrong with an expression, given all that the programs tell. */
export const problemsOf = (
  { where, expr }: Query,
  metrics: ReadonlyMap<string, Metric>,
): string[] => {
  try {
    const { selectors, groupings } = namesIn(expr);
    const labels = new Set<string>(ofTargets);
    const problems: string[] = [];
    for (const { metric: name, conditions } of selectors) {
      const named = metricsNamed(name, conditions, metrics);
      if (named.length === 0) {
        problems.push(
          name === "" ? `no program tells what matches ${expr}` : `no program tells ${name}`,
        );
      }
      for (const metric of named) {
        for (const label of metric.labels.keys()) labels.add(label);
        if (metric.type === "histogram") labels.add("le");
        problems.push(...conditions.flatMap((condition) => wrongIn(condition, metric)));
      }
    }
    if (problems.length === 0) {
      problems.push(
        ...groupings
          .filter((label) => !labels.has(label))
          .map((label) => `nothing has the label ${label}`),
      );
    }
    return problems.map((problem) => `${where}: ${problem}`);
  } catch (error) {
    return [`${where}: ${error instanceof Error ? error.message : String(error)}`];
  }
};

const metricsNamed = (
  name: string,
  conditions: readonly Condition[],
  metrics: ReadonlyMap<string, Metric>,
): readonly Metric[] => {
  if (name === "") {
    const pattern = conditions.find(({ label }) => label === "__name__")?.value ?? "";
    return [...metrics.values()].filter((metric) => matches(pattern, metric.name));
  }
  const whole = metrics.get(name);
  // Of a histogram there are only its parts.
  if (whole !== undefined) return whole.type === "histogram" ? [] : [whole];
  const part = metrics.get(name.replace(/_(?:bucket|sum|count)$/, ""));
  return part?.type === "histogram" ? [part] : [];
};

const wrongIn = ({ label, operator, value }: Condition, metric: Metric): string[] => {
  if (label === "__name__" || ofTargets.has(label)) return [];
  const values = metric.labels.get(label);
  if (values === undefined) return [`${metric.name} has no label ${label}`];
  const isRegex = operator.includes("~");
  const isMet = [...values].some((one) => (isRegex ? matches(value, one) : one === value));
  return isMet ? [] : [`${metric.name} is never ${label}${operator}"${value}"`];
};

/** As Prometheus: the whole value has to match. */
const matches = (pattern: string, value: string): boolean =>
  new RegExp(`^(?:${pattern})$`).test(value);
