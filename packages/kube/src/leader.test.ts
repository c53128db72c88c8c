import type { Milliseconds } from "@stowage/clock";
import { elapsed, seconds, VirtualClock } from "@stowage/clock";
import { expect, test } from "vitest";
import { makeClient } from "./client.ts";
import { guardedTransport } from "./guarded-transport.ts";
import type { LeaderOptions, MustLead } from "./leader.ts";
import { lead } from "./leader.ts";
import { FakeApi } from "./testing/fake-api.ts";
import { keptLog } from "./testing/things.ts";
import type { Transport } from "./transport.ts";

const lease = { namespace: "stowage", name: "provisioner" };
const low = (): number => 0;
const key = "stowage/provisioner";

const cluster = () => {
  const clock = new VirtualClock();
  const api = new FakeApi(clock);
  const start = clock.moment();
  const working = new Set<string>();
  const history: string[] = [];
  const note = (what: string): void => {
    history.push(`${Math.round(elapsed(start, clock.moment()) / 1000)} s: ${what}`);
    expect(working.size).toBeLessThanOrEqual(1);
  };

  /** A candidate whose work takes `drain` to stop. */
  const candidate = (
    identity: string,
    { drain = seconds(0), ...more }: Partial<LeaderOptions> & { drain?: Milliseconds } = {},
  ) => {
    const network = { state: "up" };
    const transport: Transport = async (request) => {
      if (network.state === "down") throw new Error("unreachable");
      if (network.state === "hangs") await clock.sleep(seconds(30), request.signal);
      return api.transport(request);
    };
    const log = keptLog();
    const stop = new AbortController();
    const client = makeClient({ transport, clock, random: () => 0, log });
    const whileLeading = async (signal: AbortSignal): Promise<void> => {
      working.add(identity);
      note(`${identity} leads`);
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      await clock.sleep(drain);
      working.delete(identity);
      note(`${identity} ended`);
    };
    const { signal } = stop;
    const base = { client, clock, random: low, log, signal, lease, identity, whileLeading };
    const result = lead({ ...base, ...more }).then(
      () => "resolved",
      (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : error),
    );
    return { network, stop, result, log };
  };
  const spec = () => api.contents("leases").get(key)?.["spec"];
  return { clock, api, candidate, history, spec };
};

test("the first candidate leads at once, renews every 2 s, and the others wait", async () => {
  const { clock, api, candidate, history, spec } = cluster();
  candidate("a");
  candidate("b");
  await clock.advance(seconds(60));
  expect(history).toEqual(["0 s: a leads"]);
  expect(spec()).toMatchObject({
    holderIdentity: "a",
    leaseDurationSeconds: 15,
    leaseTransitions: 0,
    acquireTime: "1970-01-01T00:00:00.000000Z",
    renewTime: "1970-01-01T00:01:00.000000Z",
  });
  const renewals = api.requests.filter(({ method }) => method === "PUT").length;
  expect(renewals).toBeGreaterThanOrEqual(29);
  expect(renewals).toBeLessThanOrEqual(31);
});

test("on shutdown the work ends first, the lease is kept meanwhile, then released", async () => {
  const { clock, candidate, history, spec } = cluster();
  const a = candidate("a", { drain: seconds(40) });
  candidate("b");
  await clock.advance(seconds(10));
  a.stop.abort();
  await clock.advance(seconds(60));
  expect(await a.result).toBe("resolved");
  expect(history).toEqual(["0 s: a leads", "50 s: a ended", "50 s: b leads"]);
  expect(spec()).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
});

test.for([
  { state: "down", name: "is cut off" },
  { state: "hangs", name: "gets no answers" },
])("a leader that $name stops before another starts", async ({ state }) => {
  const { clock, candidate, history } = cluster();
  const a = candidate("a");
  candidate("b");
  await clock.advance(seconds(20));
  a.network.state = state;
  await clock.advance(seconds(60));
  expect(await a.result).toMatch(/^LeadershipLost: .*10 s/);
  const [first, ended, next] = history;
  expect([first, history.length]).toEqual(["0 s: a leads", 3]);
  expect(ended).toMatch(/^(29|30|31) s: a ended$/);
  expect(next).toMatch(/^3[4-9] s: b leads$/);
});

test("short failures and edits by others do not cost the lease", async () => {
  const { clock, api, candidate, history } = cluster();
  const a = candidate("a");
  await clock.advance(seconds(10));
  a.network.state = "down";
  await clock.advance(seconds(7));
  a.network.state = "up";
  await clock.advance(seconds(4));
  const held = api.contents("leases").get(key);
  api.put("leases", { ...held, metadata: { ...held?.metadata, labels: { by: "somebody" } } });
  await clock.advance(seconds(30));
  api.remove("leases", key);
  await clock.advance(seconds(30));
  expect(history).toEqual(["0 s: a leads"]);
});

test("a renewal that was applied although its connection was cut is found out", async () => {
  const { clock, api, candidate, history } = cluster();
  candidate("a");
  await clock.advance(seconds(3));
  api.faults.push({ kind: "cut", after: 5 });
  await clock.advance(seconds(60));
  expect(api.faults).toEqual([]);
  expect(history).toEqual(["0 s: a leads"]);
});

test("a lease that somebody else took is given up at once", async () => {
  const { clock, api, candidate, history } = cluster();
  const a = candidate("a");
  await clock.advance(seconds(11));
  const held = api.contents("leases").get(key);
  api.put("leases", { ...held, spec: { holderIdentity: "thief", leaseDurationSeconds: 15 } });
  await clock.advance(seconds(2));
  expect(await a.result).toMatch(/^LeadershipLost: .*thief/);
  expect(history).toEqual(["0 s: a leads", "12 s: a ended"]);
});

test("a leader that was stopped and wakes writes nothing, although none of its timers has fired", async () => {
  const { clock, api, candidate } = cluster();
  const process = { state: "runs" };
  const running = new AbortController();
  let mustLead: MustLead | undefined;
  candidate("a", {
    clock: {
      now: () => clock.now(),
      moment: () => clock.moment(),
      sleep: async (span, signal) => {
        await clock.sleep(span, signal);
        if (process.state === "stopped") await clock.sleep(seconds(3600), running.signal);
      },
    },
    whileLeading: async (_signal, check) => {
      mustLead = check;
      await clock.sleep(seconds(3600), running.signal);
    },
  });
  const write = async (): Promise<number> => {
    const transport = guardedTransport(api.transport, () => mustLead?.() ?? seconds(0));
    const body = JSON.stringify({ metadata: { name: `made-at-${clock.moment()}` } });
    const { status } = await transport({ method: "POST", path: "/api/v1/things", body });
    return status;
  };
  await clock.advance(seconds(9));
  expect(await write()).toBe(201);
  // Renewed a second ago or less, with a lease of 15 s.
  expect(mustLead?.()).toBeGreaterThan(seconds(12));
  process.state = "stopped";
  await clock.advance(seconds(11));
  await expect(write()).rejects.toThrow(/not renewed for 10 s/);
  expect(api.contents("things").size).toBe(1);
});

test("what a write may take counts from before the lease was asked for", async () => {
  const { clock, api, candidate } = cluster();
  const left: number[] = [];
  api.faults.push({ kind: "slow", seconds: 4 });
  candidate("a", {
    whileLeading: async (_signal, check) => {
      left.push(check());
    },
  });
  await clock.advance(seconds(5));
  expect(left).toEqual([seconds(11)]);
});

test("work that does not end is left behind before another may start", async () => {
  const { clock, candidate } = cluster();
  const a = candidate("a", { whileLeading: () => new Promise<void>(() => undefined) });
  await clock.advance(seconds(20));
  a.network.state = "down";
  await clock.advance(seconds(15));
  expect(await a.result).toMatch(/^LeadershipLost/);
});

test("work that ends while a renewal is under way releases the lease all the same", async () => {
  const { clock, api, candidate, spec } = cluster();
  const a = candidate("a", { whileLeading: () => clock.sleep(seconds(3)) });
  await clock.advance(seconds(1));
  api.faults.push({ kind: "slow", seconds: 4 });
  await clock.advance(seconds(20));
  expect(await a.result).toBe("resolved");
  expect(spec()).toMatchObject({ holderIdentity: "" });
});

test("times written by a clock that is hours off do not matter", async () => {
  const { clock, api, candidate, history } = cluster();
  const spec = { holderIdentity: "dead", leaseDurationSeconds: 15, leaseTransitions: 4 };
  const renewTime = "2099-01-01T00:00:00.000000Z";
  api.put("leases", { metadata: lease, spec: { ...spec, renewTime } });
  candidate("a");
  await clock.advance(seconds(14));
  expect(history).toEqual([]);
  await clock.advance(seconds(4));
  expect(history).toEqual(["16 s: a leads"]);
});

test("what the work throws comes out, and the lease is released", async () => {
  const { clock, candidate, spec } = cluster();
  const a = candidate("a", { whileLeading: () => Promise.reject(new Error("the work's own")) });
  await clock.advance(seconds(1));
  expect(await a.result).toBe("Error: the work's own");
  expect(spec()).toMatchObject({ holderIdentity: "" });
  expect(clock.sleeping).toBe(0);
});

test("a shutdown while waiting resolves, and leaves nothing behind", async () => {
  const { clock, candidate, spec } = cluster();
  const a = candidate("a");
  const b = candidate("b");
  await clock.advance(seconds(5));
  b.stop.abort();
  await clock.advance(seconds(0));
  expect(await b.result).toBe("resolved");
  expect(spec()).toMatchObject({ holderIdentity: "a" });
  a.stop.abort();
  await clock.advance(seconds(0));
  expect(clock.sleeping).toBe(0);
});
