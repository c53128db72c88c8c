import type { Milliseconds } from "@stowage/clock";
import { milliseconds, systemClock, VirtualClock } from "@stowage/clock";
import { expect, test, vi } from "vitest";
import { readText } from "./body.ts";
import { makeClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { httpsTransport } from "./https-transport.ts";
import { startInformer } from "./informer.ts";
import { FakeApi } from "./testing/fake-api.ts";
import type { Fault } from "./testing/fault.ts";
import type { HttpServer } from "./testing/http-server.ts";
import { serve } from "./testing/http-server.ts";
import { quickClock } from "./testing/quick-clock.ts";
import { fold } from "./testing/folded.ts";
import { keptLog, seeded, thing, things } from "./testing/things.ts";
import type { KubeResponse } from "./transport.ts";

const anonymous = ({ url }: HttpServer): Credentials => ({
  server: url,
  present: async () => ({ headers: { authorization: "Bearer abc" }, tls: {} }),
});

const list = { method: "GET", path: "/apis/example.com/v1/things" } as const;

test("300 requests one after another use one connection", async () => {
  const api = new FakeApi(systemClock);
  await using server = await serve(api.transport);
  const transport = httpsTransport(anonymous(server));
  for (let count = 0; count < 300; count++) await readText((await transport(list)).body);
  expect(server.connections()).toBe(1);
});

test("method, path with its query, and body arrive as they were sent", async () => {
  const api = new FakeApi(systemClock);
  await using server = await serve(api.transport);
  const transport = httpsTransport({ ...anonymous(server), server: new URL("/base/", server.url) });
  const path = "/apis/example.com/v1/things?labelSelector=a%3Db";
  const body = JSON.stringify(thing("a", "容量"));
  await readText((await transport({ method: "POST", path, body })).body);
  expect(api.requests).toMatchObject([{ method: "POST", path: `/base${path}`, body }]);
});

const lost = (): never => {
  throw new Error("no longer the leader");
};

test("a write that may be under way only so long ends by then, here and at the server", async () => {
  const api = new FakeApi(systemClock);
  await using server = await serve(api.transport);
  const asked: string[] = [];
  const transport = httpsTransport({
    ...anonymous(server),
    present: async () => {
      await systemClock.sleep(milliseconds(5));
      asked.push("credentials");
      return { headers: {}, tls: {} };
    },
  });
  const path = "/apis/example.com/v1/things";
  const write = (lifetime: () => Milliseconds): Promise<KubeResponse> => {
    const body = JSON.stringify(thing("a", "1"));
    return transport({ method: "POST", path, body, timeout: milliseconds(60_000), lifetime });
  };
  const short = (): Milliseconds => {
    asked.push("lifetime");
    return milliseconds(49.5);
  };
  api.faults.push({ kind: "slow", seconds: 60 });
  await expect(write(short)).rejects.toMatchObject({ name: "TimeoutError" });
  expect(api.requests).toMatchObject([{ path: `${path}?timeout=50ms` }]);
  // Nothing is waited for after the look at the clock.
  expect(asked).toEqual(["credentials", "lifetime"]);

  await expect(write(lost)).rejects.toThrow("no longer the leader");
  expect(api.requests).toHaveLength(1);
});

test.for<{ fault: Fault; where: string }>([
  { fault: { kind: "slow", seconds: 60 }, where: "before the answer" },
  { fault: { kind: "silent", after: 10 }, where: "within the body" },
])("a request that is not finished in time fails as a timeout $where", async ({ fault }) => {
  const api = new FakeApi(systemClock);
  await using server = await serve(api.transport);
  api.faults.push(fault);
  const request = { ...list, timeout: milliseconds(50) };
  const transport = httpsTransport(anonymous(server));
  const whole = transport(request).then(({ body }) => readText(body));
  await expect(whole).rejects.toMatchObject({ name: "TimeoutError" });
});

test.for<{ fault: Fault; where: string }>([
  { fault: { kind: "slow", seconds: 60 }, where: "before the answer" },
  { fault: { kind: "silent", after: 10 }, where: "within the body" },
])("an aborted request fails at once $where", async ({ fault }) => {
  const api = new FakeApi(systemClock);
  await using server = await serve(api.transport);
  api.faults.push(fault);
  const stop = new AbortController();
  const transport = httpsTransport(anonymous(server));
  const whole = transport({ ...list, signal: stop.signal }).then(({ body }) => readText(body));
  await vi.waitFor(() => expect(api.requests).toHaveLength(1));
  stop.abort();
  await expect(whole).rejects.toThrow("aborted");
});

test("a connection that is cut within the body fails instead of ending", async () => {
  const api = new FakeApi(systemClock);
  await using server = await serve(api.transport);
  api.faults.push({ kind: "cut", after: 10 });
  const { body } = await httpsTransport(anonymous(server))(list);
  await expect(readText(body)).rejects.toThrow("aborted");
});

test.for<{ name: string; faults: Fault[] }>([
  { name: "connections refused", faults: [{ kind: "refused" }, { kind: "refused" }] },
  { name: "cut within a line", faults: [{ kind: "cut", after: 30 }] },
  { name: "half a line, then the end", faults: [{ kind: "short", after: 50 }] },
  { name: "characters split", faults: [{ kind: "bytes" }] },
  { name: "not JSON", faults: [{ kind: "garbage" }] },
  { name: "429 with Retry-After", faults: [{ kind: "status", status: 429, retryAfter: 2 }] },
  {
    name: "503",
    faults: [
      { kind: "status", status: 503 },
      { kind: "status", status: 500 },
    ],
  },
  { name: "410", faults: [{ kind: "status", status: 410 }] },
  { name: "410 as an event", faults: [{ kind: "error_event", code: 410 }] },
  { name: "500 as an event", faults: [{ kind: "error_event", code: 500 }] },
  { name: "no answer for a while", faults: [{ kind: "slow", seconds: 3 }] },
  { name: "silence after the first bytes", faults: [{ kind: "silent", after: 1 }] },
])("over real sockets an informer heals after: $name", async ({ faults }) => {
  const clock = quickClock(2000);
  const api = new FakeApi(clock);
  await using server = await serve(api.transport);
  const [random, log, stop] = [seeded(7), keptLog(), new AbortController()];
  const client = makeClient({ transport: httpsTransport(anonymous(server)), clock, random, log });
  const { signal } = stop;
  api.put("things", thing("before", "Größe"));
  const informer = startInformer({ client, resource: things, clock, random, log, signal });
  await informer.synced(AbortSignal.timeout(5000));
  const { view, broken } = fold(informer);

  api.faults.push(...faults);
  api.cut();
  api.remove("things", "before");
  api.put("things", thing("after", "容量 💾"));
  await vi.waitFor(() => expect(view.get("after")?.value).toBe("容量 💾"), { timeout: 4000 });

  expect([...view.keys()]).toEqual(["after"]);
  expect(broken).toEqual([]);
  expect(api.faults).toEqual([]);
  stop.abort();
});

test("an aborted signal is heard before a connection is opened", async () => {
  const api = new FakeApi(new VirtualClock());
  await using server = await serve(api.transport);
  const transport = httpsTransport(anonymous(server));
  const signal = AbortSignal.abort(new Error("shutting down"));
  await expect(transport({ ...list, signal })).rejects.toThrow("shutting down");
  expect(server.connections()).toBe(0);
});
