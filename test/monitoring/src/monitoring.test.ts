import { describe, expect, test } from "vitest";
import { deployedPanels, deployedRules, queriesOfPanels, queriesOfRules } from "./deployed.ts";
import type { Query } from "./deployed.ts";
import { documentedAlerts, documentedMetrics, programs } from "./documented.ts";
import { problemsOf } from "./problems.ts";
import { namesIn } from "./query.ts";
import type { Metric } from "./scrape.ts";
import { parseScrape } from "./scrape.ts";
import { told } from "./told.ts";

/** All that the three programs tell, by name. */
const allTold = async (): Promise<ReadonlyMap<string, Metric>> => {
  const all = new Map<string, Metric>();
  for (const program of programs) {
    for (const [name, metric] of parseScrape(await told(program))) all.set(name, metric);
  }
  return all;
};

const isOurs = ({ name }: { readonly name: string }): boolean =>
  /^(?:stowage|controller)_/.test(name);

test.for(programs.map((program) => ({ program })))(
  "docs/metrics.md has each metric of the $program with its type and meaning, and no other",
  async ({ program }) => {
    const real = parseScrape(await told(program));
    const documented = documentedMetrics(program);
    expect(
      [...documented.values()].map(({ name, type, meaning }) => ({ name, type, help: meaning })),
    ).toEqual([...real.values()].map(({ name, type, help }) => ({ name, type, help })));
    for (const metric of real.values()) {
      const seen = new Set(metric.labels.keys());
      const listed = new Set(documented.get(metric.name)?.labels);
      const missing = [...seen].filter((label) => !listed.has(label));
      // Some labels of a process' own metrics are seen only where it runs.
      const unseen = [...listed].filter((label) => isOurs(metric) && !seen.has(label));
      expect({ metric: metric.name, missing, unseen }).toEqual({
        metric: metric.name,
        missing: [],
        unseen: [],
      });
    }
  },
);

test("docs/metrics.md explains each alert, and no other", () => {
  expect(documentedAlerts()).toEqual(deployedRules().map(({ alert }) => alert));
});

test("no two panels of the dashboard lie on each other, and each shows something", () => {
  const panels = deployedPanels();
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  const empty = panels.filter(({ type, targets }) => type !== "row" && targets.length === 0);
  expect(empty.map(({ title }) => title)).toEqual([]);
});

test("every metric, label and value that a rule or a panel names is one that the programs tell", async () => {
  const metrics = await allTold();
  const queries = [...queriesOfRules(), ...queriesOfPanels()];
  expect(queries.length).toBeGreaterThan(40);
  expect(queries.flatMap((query) => problemsOf(query, metrics))).toEqual([]);
});

test("every metric of Stowage's own is shown on the dashboard or watched by a rule", async () => {
  const named = new Set(
    [...queriesOfRules(), ...queriesOfPanels()]
      .flatMap(({ expr }) => namesIn(expr).selectors)
      .map(({ metric }) => metric.replace(/_(?:bucket|count|sum)$/, "")),
  );
  const unseen = [...(await allTold()).values()]
    .filter(isOurs)
    .filter(({ name }) => !named.has(name));
  expect(unseen.map(({ name }) => name)).toEqual([]);
});

describe("what the check finds", () => {
  test.for([
    { expr: "sum(stowage_agent_orphans", finds: "not PromQL at character" },
    { expr: "stowage_agent_orphan", finds: "no program tells stowage_agent_orphan" },
    { expr: "stowage_agent_orphans_total", finds: "no program tells stowage_agent_orphans_total" },
    {
      expr: "stowage_agent_orphans_bucket",
      finds: "no program tells stowage_agent_orphans_bucket",
    },
    { expr: "sum by (nodes) (stowage_agent_orphans)", finds: "nothing has the label nodes" },
    { expr: 'stowage_agent_volumes{stat="Failed"}', finds: "has no label stat" },
    { expr: 'stowage_agent_volumes{state="Broken"}', finds: 'is never state="Broken"' },
    { expr: 'stowage_agent_volumes{state=~"Br.*"}', finds: 'is never state=~"Br.*"' },
    { expr: '{__name__=~"stowage_agent_foo.*"}', finds: "no program tells what matches" },
  ])("$expr: $finds", async ({ expr, finds }) => {
    const query: Query = { where: "here", expr };
    expect(problemsOf(query, await allTold())).toEqual([expect.stringContaining(finds)]);
  });
});

test("a scrape that is not in Prometheus' format is refused, with the line", () => {
  expect(() => parseScrape("# TYPE a gauge\na{b=c} 1\n")).toThrow("these are no labels: b=c");
  expect(() => parseScrape("a one two\n")).toThrow("not in Prometheus' text format: a one two");
  expect(() => parseScrape("a 1\n")).toThrow("without a type: a 1");
});
