import {
  documentedLines,
  documentedLogKeys,
  documentedMetrics,
  namesIn,
  parseScrape,
  programs,
  queriesOfPanels,
  queriesOfRules,
} from "@stowage/test-monitoring";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AgentPod } from "../src/agent-pod.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import type { LogLine } from "../src/program-pods.ts";
import { logOf, podsOf, scrape } from "../src/program-pods.ts";
import { eventually, World } from "../src/world.ts";

let world: World;
let volume: string;

beforeAll(async () => {
  world = await World.enter("telling");
  await world.storageClass(storageClass("telling", { nodes: { n1: ["/dev/ubdb"] } }), ["n1"]);
  await world.create(claim("data", "telling", "32Mi"));
  await world.create(podWith("user", ["data"]));
  await world.running("user");
  volume = await world.volumeOf("data");
});

afterAll(() => world.leave());

/** The lines of all of Stowage's Pods, by program. */
const logs = async (): Promise<{ readonly program: string; readonly line: LogLine }[]> => {
  const lines: { program: string; line: LogLine }[] = [];
  for (const program of programs) {
    for (const pod of await podsOf(world.cluster, program)) {
      lines.push(...(await logOf(world.cluster, pod)).map((line) => ({ program, line })));
    }
  }
  return lines;
};

/** pino's own. */
const always = new Set(["level", "time", "pid", "hostname", "name", "msg"]);

const level = { info: 30 } as const;

test("what real programs tell Prometheus is documented, each metric with its type and labels", async () => {
  const real = new Set<string>();
  for (const program of programs) {
    const documented = documentedMetrics(program);
    for (const pod of await podsOf(world.cluster, program)) {
      const metrics = parseScrape(await scrape(world.cluster, program, pod));
      for (const { name, type, labels } of metrics.values()) {
        real.add(name);
        const row = documented.get(name);
        expect({ name, type: row?.type }).toEqual({ name, type });
        expect(row?.labels).toEqual(expect.arrayContaining([...labels.keys()]));
      }
    }
  }
  const queried = [...queriesOfRules(), ...queriesOfPanels()]
    .flatMap(({ expr }) => namesIn(expr).selectors)
    .map(({ metric }) => metric)
    .filter((metric) => metric !== "");
  const untold = queried.filter(
    (metric) => !real.has(metric) && !real.has(metric.replace(/_(?:bucket|sum|count)$/, "")),
  );
  expect(untold).toEqual([]);
});

test("while nothing happens nothing is logged", async () => {
  const since = Date.now();
  await new AgentPod(world, "n1").looks(1);
  const told = (await logs()).filter(({ line }) => line.level >= level.info && line.time > since);
  expect(told.map(({ line }) => line.msg)).toEqual([]);
});

test("a volume's life is told with its claim and how long each part took, in documented keys", async () => {
  await world.clear();
  const expected = documentedLines().filter(({ message }) =>
    ["volume created", "volume provisioned", "volume removed", "volume deleted"].includes(message),
  );
  expect(expected).toHaveLength(4);
  await eventually(async () => {
    const lines = (await logs()).filter(({ line }) => line["volume"] === volume);
    for (const { program, message, keys } of expected) {
      const told = lines.filter((one) => one.program === program && one.line.msg === message);
      expect({ message, told: told.map(({ line }) => line) }).toEqual({
        message,
        told: [expect.objectContaining({ claim: `${world.namespace}/data` })],
      });
      expect(Object.keys(told[0]?.line ?? {})).toEqual(expect.arrayContaining([...keys]));
    }
  });
  const known = new Set([...always, ...documentedLogKeys()]);
  const unknown = (await logs()).flatMap(({ line }) =>
    Object.keys(line).filter((key) => !known.has(key)),
  );
  expect(unknown).toEqual([]);
});
