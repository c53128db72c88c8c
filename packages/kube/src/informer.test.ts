import { elapsed, minutes, seconds, VirtualClock } from "@stowage/clock";
import { expect, test } from "vitest";
import { makeClient } from "./client.ts";
import { startInformer } from "./informer.ts";
import type { Change } from "./store.ts";
import { FakeApi } from "./testing/fake-api.ts";
import type { Thing } from "./testing/things.ts";
import { keptLog, thing, things } from "./testing/things.ts";

const started = async (before: readonly object[] = []) => {
  const clock = new VirtualClock();
  const api = new FakeApi(clock);
  for (const object of before) api.put("things", object);
  const log = keptLog();
  const stop = new AbortController();
  const losses: number[] = [];
  const client = makeClient({ transport: api.transport, clock, random: () => 0, log });
  const informer = startInformer({
    client,
    resource: things,
    clock,
    random: () => 0,
    log,
    signal: stop.signal,
    lostTouch: () => {
      losses.push(clock.moment());
    },
  });
  const told: string[] = [];
  const say = (change: Change<Thing>): void => {
    told.push(`${change.kind} ${change.object.metadata.name} ${change.object.value}`);
  };
  informer.subscribe(say);
  await clock.advance(seconds(0));
  told.length = 0;
  api.requests.length = 0;
  return { clock, api, log, stop, informer, told, say, losses };
};

test("a collection of several pages is there once it has synced", async () => {
  const { informer } = await started(["a", "b", "c", "d", "e", "f", "g"].map((n) => thing(n, n)));
  await informer.synced(new AbortController().signal);
  expect(informer.size).toBe(7);
  expect(informer.get("g")?.value).toBe("g");
  expect(informer.state()).toEqual({ kind: "live" });
});

test("a late subscriber is told of what there is, and not after it has left", async () => {
  const { clock, api, informer, told, say } = await started([thing("a", "1")]);
  const leave = informer.subscribe((change) => say(change));
  expect(told).toEqual(["added a 1"]);
  leave();
  api.put("things", thing("a", "2"));
  await clock.advance(seconds(0));
  expect(told).toEqual(["added a 1", "updated a 2"]);
});

test("an idle hour costs a handful of watches, no list, and keeps it live", async () => {
  const { clock, api, informer, told } = await started([thing("a", "1")]);
  for (let minute = 0; minute < 60; minute++) {
    api.bookmark("things");
    await clock.advance(minutes(1));
    api.compact();
    expect(informer.state()).toEqual({ kind: "live" });
  }
  expect(api.requests.length).toBeLessThanOrEqual(12);
  expect(api.requests.filter(({ path }) => !path.includes("watch="))).toEqual([]);
  api.put("things", thing("a", "2"));
  await clock.advance(seconds(0));
  expect(told).toEqual(["updated a 2"]);
});

test("what happened behind a compacted history is found by a list, and told precisely", async () => {
  const names = ["gone", "same", "changed", "replaced"];
  const { clock, api, told } = await started(names.map((name) => thing(name, "1")));
  api.cut();
  api.faults.push({ kind: "refused" });
  await clock.advance(seconds(0));
  api.remove("things", "gone");
  api.remove("things", "replaced");
  api.put("things", thing("replaced", "2"));
  api.put("things", thing("changed", "2"));
  api.put("things", thing("new", "1"));
  api.compact();
  await clock.advance(seconds(5));
  expect(told.toSorted()).toEqual([
    "added new 1",
    "added replaced 2",
    "deleted gone 1",
    "deleted replaced 1",
    "updated changed 2",
  ]);
});

test("while the server is away it is stale since the first failure, asks seldom, then heals", async () => {
  const { clock, api, informer } = await started([thing("a", "1")]);
  const start = clock.moment();
  for (let count = 0; count < 200; count++) api.faults.push({ kind: "refused" });
  api.cut();
  await clock.advance(minutes(10));
  expect(informer.state()).toMatchObject({ kind: "stale", since: start });
  expect(informer.get("a")?.value).toBe("1");
  const { length } = api.requests;
  expect(length).toBeGreaterThan(20);
  expect(length).toBeLessThan(60);
  // An unreachable server is no reason to list: all nodes would, when it is back.
  expect(api.requests.filter(({ path }) => !path.includes("watch="))).toEqual([]);
  api.faults.length = 0;
  await clock.advance(seconds(30));
  expect(informer.state()).toEqual({ kind: "live" });
});

test("five watches in a row that break or are refused lead to a list", async () => {
  const { clock, api, losses } = await started();
  api.cut();
  for (let count = 0; count < 4; count++) api.faults.push({ kind: "status", status: 500 });
  await clock.advance(minutes(2));
  expect(api.requests.map(({ path }) => path.includes("watch="))).toEqual([
    true,
    true,
    true,
    true,
    false,
    true,
  ]);
  // Each is told of, that somebody may count them: the cut, and the four that were refused.
  expect(losses).toHaveLength(5);
});

test("Retry-After is waited for", async () => {
  const { clock, api } = await started();
  const start = clock.moment();
  api.faults.push({ kind: "status", status: 429, retryAfter: 45 });
  api.cut();
  await clock.advance(minutes(2));
  const times = api.requests.map(({ at }) => elapsed(start, at) / 1000);
  expect(times[0]).toBeLessThan(1);
  expect(times[1]).toBeGreaterThanOrEqual(45);
});

test("an unreadable object is logged once per version, skipped, and does not stop the rest", async () => {
  const { clock, api, log, informer, told } = await started([thing("a", "1"), thing("b", "1")]);
  api.put("things", { metadata: { name: "a" }, value: 5 });
  api.put("things", thing("b", "2"));
  api.cut();
  api.compact();
  api.put("things", thing("c", "1"));
  await clock.advance(minutes(1));
  expect(told).toEqual(["updated b 2", "added c 1"]);
  expect(informer.get("a")?.value).toBe("1");
  const complaints = log.lines.filter(({ level }) => level === "error");
  expect(complaints).toMatchObject([{ fields: { key: "a", kind: "Thing" } }]);
  api.remove("things", "a");
  await clock.advance(seconds(0));
  expect(told.at(-1)).toBe("deleted a 1");
});

test("a handler that throws is logged and harms nobody else", async () => {
  const { clock, api, log, informer, told } = await started();
  informer.subscribe(() => {
    throw new Error("handler's own");
  });
  api.put("things", thing("a", "1"));
  api.put("things", thing("a", "2"));
  await clock.advance(seconds(0));
  expect(told).toEqual(["added a 1", "updated a 2"]);
  const complaints = log.lines.filter(({ level }) => level === "error");
  expect(complaints).toMatchObject([{ fields: { key: "a" } }, { fields: { key: "a" } }]);
});

test("a stopped informer says so and leaves nothing behind", async () => {
  const { clock, stop, informer } = await started();
  stop.abort();
  await clock.advance(seconds(0));
  expect(informer.state()).toMatchObject({ kind: "stale", why: "it was stopped" });
  expect(clock.sleeping).toBe(0);
});

test("waiting for a sync ends with either signal", async () => {
  const clock = new VirtualClock();
  const api = new FakeApi(clock);
  for (let count = 0; count < 50; count++) api.faults.push({ kind: "refused" });
  const stop = new AbortController();
  const client = makeClient({ transport: api.transport, clock, random: () => 0, log: keptLog() });
  const informer = startInformer({
    client,
    resource: things,
    clock,
    random: () => 0,
    log: keptLog(),
    signal: stop.signal,
  });
  const impatient = informer.synced(AbortSignal.abort(new Error("impatient")));
  await expect(impatient).rejects.toThrow("impatient");
  const patient = informer.synced(new AbortController().signal);
  await clock.advance(seconds(10));
  expect(informer.state()).toEqual({ kind: "syncing" });
  stop.abort(new Error("shutting down"));
  await expect(patient).rejects.toThrow("shutting down");
});
