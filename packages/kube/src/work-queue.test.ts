import type { Milliseconds } from "@stowage/clock";
import { elapsed, milliseconds, seconds, VirtualClock } from "@stowage/clock";
import { expect, test } from "vitest";
import { keptLog } from "./testing/things.ts";
import type { Next } from "./work-queue.ts";
import { again, done, WorkQueue } from "./work-queue.ts";

const now = milliseconds(0);

/** A queue whose reconciles take a second each and do what `outcome` says, at known times. */
const started = (
  outcome: (key: string, run: number) => Next = () => done,
  options: { concurrency?: number; takes?: Milliseconds } = {},
) => {
  const clock = new VirtualClock();
  const log = keptLog();
  const stop = new AbortController();
  const queue = new WorkQueue({ clock, log, random: () => 0 });
  const runs: string[] = [];
  const running = new Set<string>();
  const overlaps: string[] = [];
  const start = clock.moment();
  const { concurrency = 2, takes = seconds(1) } = options;
  const reconcile = async (key: string): Promise<Next> => {
    runs.push(`${key} at ${elapsed(start, clock.moment()) / 1000}`);
    if (running.has(key)) overlaps.push(key);
    running.add(key);
    const count = runs.filter((line) => line.startsWith(`${key} `)).length;
    await clock.sleep(takes);
    running.delete(key);
    return outcome(key, count);
  };
  const ended = queue.run(reconcile, { concurrency, signal: stop.signal });
  return { clock, log, stop, queue, runs, running, overlaps, ended };
};

test("a key that is added several times while it waits runs once", async () => {
  const { clock, queue, runs } = started();
  for (const key of ["a", "b", "c", "c", "c"]) queue.add(key);
  expect(queue.depth).toBe(1);
  await clock.advance(seconds(10));
  expect(runs).toEqual(["a at 0", "b at 0", "c at 1"]);
});

test("a key that is added while it runs runs again afterwards, never twice at a time", async () => {
  const { clock, queue, runs, overlaps } = started();
  queue.add("a");
  await clock.advance(milliseconds(500));
  queue.add("a");
  queue.add("a");
  await clock.advance(seconds(10));
  expect(runs).toEqual(["a at 0", "a at 1"]);
  expect(overlaps).toEqual([]);
});

test("of several delays the earliest holds, and adding at once replaces it", async () => {
  const { clock, queue, runs } = started();
  queue.addAfter("early", seconds(9));
  queue.addAfter("early", seconds(3));
  queue.addAfter("early", seconds(6));
  queue.addAfter("now", seconds(3));
  queue.add("now");
  await clock.advance(seconds(60));
  expect(runs).toEqual(["now at 0", "early at 3"]);
});

test("again runs the key after its delay", async () => {
  const { clock, queue, runs } = started((_, run) => (run < 3 ? again(seconds(5)) : done));
  queue.add("a");
  await clock.advance(seconds(60));
  expect(runs).toEqual(["a at 0", "a at 6", "a at 12"]);
});

test("failures back off twofold per key, are logged with it, and a success resets them", async () => {
  const { clock, queue, runs, log } = started(
    (key, run) => {
      if (key === "bad" && run !== 4 && run < 6) throw new Error(`run ${run}`);
      return run === 4 ? again(now) : done;
    },
    { takes: now },
  );
  queue.add("bad");
  queue.add("good");
  await clock.advance(seconds(60));
  expect(runs).toEqual([
    "bad at 0",
    "good at 0",
    "bad at 1",
    "bad at 3",
    "bad at 7",
    "bad at 7",
    "bad at 8",
  ]);
  expect(log.lines.map(({ fields }) => fields)).toMatchObject([
    { key: "bad", failures: 1 },
    { key: "bad", failures: 2 },
    { key: "bad", failures: 3 },
    { key: "bad", failures: 1 },
  ]);
});

test("an abort starts nothing more and waits for what runs", async () => {
  const { clock, queue, runs, running, stop, ended } = started(undefined, { concurrency: 1 });
  queue.add("a");
  queue.add("b");
  queue.addAfter("c", seconds(1));
  await clock.advance(milliseconds(500));
  stop.abort();
  const state = ended.then(() => [...running]);
  await clock.advance(seconds(10));
  expect(await state).toEqual([]);
  expect(runs).toEqual(["a at 0"]);
  expect(clock.sleeping).toBe(0);
});

test("a reconcile that throws at once is a failure like any other", async () => {
  const clock = new VirtualClock();
  const queue = new WorkQueue({ clock, log: keptLog(), random: () => 0 });
  const stop = new AbortController();
  let runs = 0;
  const reconcile = (): Promise<Next> => {
    runs += 1;
    if (runs === 1) throw new Error("at once");
    return Promise.resolve(done);
  };
  void queue.run(reconcile, { concurrency: 1, signal: stop.signal });
  queue.add("a");
  await clock.advance(seconds(60));
  expect(runs).toBe(2);
});

test("16,000 keys with delays run in the order of their times, with one sleep", async () => {
  const clock = new VirtualClock();
  const queue = new WorkQueue({ clock, log: keptLog(), random: () => 0 });
  const stop = new AbortController();
  const runs: number[] = [];
  const reconcile = async (key: string): Promise<Next> => {
    runs.push(Number(key));
    return done;
  };
  void queue.run(reconcile, { concurrency: 8, signal: stop.signal });
  const order = Array.from({ length: 16_000 }, (_, index) => (index * 7919) % 16_000);
  for (const each of order) queue.addAfter(`${each}`, milliseconds(1 + Math.floor(each / 100)));
  await clock.advance(now);
  expect(clock.sleeping).toBe(1);
  await clock.advance(seconds(60));
  const times = runs.map((each) => Math.floor(each / 100));
  expect(runs).toHaveLength(16_000);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});
