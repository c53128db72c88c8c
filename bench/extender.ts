import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { startApiServer } from "./extender/api-server.ts";
import { measure, quantile, Target } from "./extender/load.ts";
import { node, nodeName, pod, podCount } from "./extender/objects.ts";
import {
  bundleSubject,
  computed,
  residentMiB,
  startFloor,
  startSubject,
} from "./extender/processes.ts";
import { shuffled } from "./extender/shuffled.ts";
import type { Parts } from "./main.ts";
import { watchEvents } from "./extender/watch-events.ts";

/*
 * The extender's calls beside a floor: a bare server that reads the same bytes, parses the JSON and
 * writes an answer of the same size. Both are processes of their own and are asked in turns.
 */

type Form = "names" | "full";
type Case = {
  readonly verb: "filter" | "prioritize";
  readonly form: Form;
  readonly nodes: number;
  readonly claims: number;
  readonly concurrency: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly floorP50Ms: number;
  readonly ratio: number;
  readonly cpuMs: number;
  readonly floorCpuMs: number;
  readonly cpuRatio: number;
};

/** The extender collects its garbage when its caches are filled, and when it is quiet: see its tidy.ts. */
const untilFilledMs = 4000;
const untilTidyMs = 12_000;
const sizes = [100, 1000, 5000, 10_000];
const say = (text: string): void => void process.stderr.write(`${text}\n`);
const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** Requests as kube-scheduler sends them: the order of the nodes is another each time. */
const bodiesOf = (form: Form, nodes: number, claims: number): Buffer[] => {
  const variants = form === "names" ? podCount : 1;
  return Array.from({ length: variants }, (_, variant) => {
    const order = shuffled(nodes, variant + 1);
    const args =
      form === "names"
        ? { Nodes: null, NodeNames: order.map(nodeName) }
        : { Nodes: { metadata: {}, items: order.map(node) }, NodeNames: null };
    return Buffer.from(JSON.stringify({ Pod: pod(variant, claims), ...args }));
  });
};

/** Requests are many where they are short: a median of few says little on a machine with others. */
const effortFor = (
  form: Form,
  nodes: number,
): { readonly warmUp: number; readonly turns: number; readonly turn: number } => {
  if (form === "names") return { warmUp: 4, turns: nodes >= 5000 ? 12 : 8, turn: 32 };
  if (nodes >= 5000) return { warmUp: 1, turns: 2, turn: 4 };
  return nodes >= 1000 ? { warmUp: 1, turns: 5, turn: 8 } : { warmUp: 4, turns: 20, turn: 16 };
};

const measureForm = async (
  form: Form,
  nodes: number,
  subject: Target,
  floor: Target,
): Promise<Case[]> => {
  const cases: Case[] = [];
  for (const claims of [1, 3]) {
    const bodies = bodiesOf(form, nodes, claims);
    for (const verb of ["filter", "prioritize"] as const) {
      for (const concurrency of [1, 4]) {
        const effort = effortFor(form, nodes);
        const path = `/${verb}`;
        const { subject: taken, floor: floorTaken } = await measure({
          subject,
          floor,
          path,
          bodies,
          concurrency,
          ...effort,
        });
        const floorP50Ms = quantile(floorTaken.samples, 0.5);
        const p50Ms = quantile(taken.samples, 0.5);
        const one = {
          verb,
          form,
          nodes,
          claims,
          concurrency,
          p50Ms: rounded(p50Ms),
          p99Ms: rounded(quantile(taken.samples, 0.99)),
          floorP50Ms: rounded(floorP50Ms),
          ratio: rounded(p50Ms / floorP50Ms),
          cpuMs: rounded(taken.cpu),
          floorCpuMs: rounded(floorTaken.cpu),
          cpuRatio: rounded(taken.cpu / floorTaken.cpu),
        };
        say(
          `${verb} ${form} ${nodes} nodes, ${claims} claims, ${concurrency} at once: p50 ${one.p50Ms} ms, p99 ${one.p99Ms} ms, floor ${one.floorP50Ms} ms, ratio ${one.ratio}; CPU ${one.cpuMs} ms, floor ${one.floorCpuMs} ms, ratio ${one.cpuRatio}`,
        );
        cases.push(one);
      }
    }
  }
  return cases;
};

export const run = async (parts: Parts): Promise<object> => {
  const isAsked = (form: Form): boolean => parts.forms.length === 0 || parts.forms.includes(form);
  say(`load ${loadavg().map(rounded).join(" ")}; the extender runs as the image's bundle`);
  const program = await bundleSubject();
  const cases: Case[] = [];
  let rssMiB = 0;
  let rssPeakMiB = 0;
  let rssAfterNamesMiB = 0;
  let rssAfterFullMiB = 0;
  for (const nodes of parts.nodes.length === 0 ? sizes : parts.nodes) {
    const apiServer = await startApiServer(nodes);
    const [subjectProcess, floorProcess] = await Promise.all([
      startSubject(program, apiServer.url),
      startFloor(),
    ]);
    const subject = new Target(subjectProcess.port, () => computed(subjectProcess));
    const floor = new Target(floorProcess.port, () => computed(floorProcess));
    await sleep(untilFilledMs);
    rssMiB = await residentMiB(subjectProcess);
    if (isAsked("names")) cases.push(...(await measureForm("names", nodes, subject, floor)));
    const busyMiB = await residentMiB(subjectProcess);
    await sleep(untilTidyMs);
    rssAfterNamesMiB = await residentMiB(subjectProcess);
    rssPeakMiB = Math.max(rssPeakMiB, busyMiB);
    if (isAsked("full")) cases.push(...(await measureForm("full", nodes, subject, floor)));
    rssAfterFullMiB = await residentMiB(subjectProcess);
    say(
      `${nodes} nodes, ${2 * nodes} groups: RSS ${rssMiB} MiB when filled, ${busyMiB} MiB during calls with names, ${rssAfterNamesMiB} MiB when it is quiet after them, ${rssAfterFullMiB} MiB after calls with whole Nodes`,
    );
    subject.close();
    floor.close();
    subjectProcess.process.removeAllListeners("exit").kill();
    floorProcess.process.removeAllListeners("exit").kill();
    apiServer.close();
  }
  const events = watchEvents([100, 10_000]);
  say(`load ${loadavg().map(rounded).join(" ")}`);
  return {
    rssMiB,
    rssPeakMiB,
    rssAfterNamesMiB,
    rssAfterFullMiB,
    watchEvents: events,
    load: loadavg().map(rounded),
    cases,
  };
};
