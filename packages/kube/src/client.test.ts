import { claims } from "@stowage/api";
import { elapsed, minutes, seconds, VirtualClock } from "@stowage/clock";
import { expect, test } from "vitest";
import { makeClient } from "./client.ts";
import { isKubeError } from "./kube-error.ts";
import { FakeApi } from "./testing/fake-api.ts";
import type { Fault } from "./testing/fault.ts";
import { keptLog, thing, things } from "./testing/things.ts";
import type { KubeRequest, Transport } from "./transport.ts";

const started = () => {
  const clock = new VirtualClock();
  const api = new FakeApi(clock);
  const client = makeClient({
    transport: api.transport,
    clock,
    random: () => 0,
    log: keptLog(),
  });
  return { clock, api, client };
};

async function* encoded(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

/** A server that answers each request with the same. */
const answering = (status: number, body: string, headers: Record<string, string> = {}) => {
  const requests: KubeRequest[] = [];
  const transport: Transport = async (request) => {
    requests.push(request);
    return { status, headers, body: encoded(body) };
  };
  const clock = new VirtualClock();
  const client = makeClient({ transport, clock, random: () => 0, log: keptLog() });
  return { client, clock, requests };
};

const done = expect.objectContaining({ value: expect.any(String) });

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: unknown) => (isKubeError(error) ? error.code : error),
  );

test("a list has all pages of one version, and starts over when that is forgotten", async () => {
  const { clock, api, client } = started();
  for (const name of "abcdefgh") api.put("things", thing(name, name));
  const listed = client.list(things);
  await clock.advance(seconds(0));
  expect((await listed).items.map(({ value }) => value).join("")).toBe("abcdefgh");
  api.faults.push({ kind: "bytes" }, { kind: "status", status: 410 });
  const again = client.list(things);
  api.remove("things", "a");
  await clock.advance(seconds(2));
  expect((await again).items.map(({ value }) => value).join("")).toBe("bcdefgh");
});

test("one unreadable item fails a list, by name", async () => {
  const { api, client } = started();
  api.put("things", { metadata: { name: "odd" }, value: 5 });
  await expect(client.list(things)).rejects.toThrow(/list things: Thing odd cannot be read/);
});

test("create fills in apiVersion and kind; a second one already exists; find gives undefined", async () => {
  const { api, client } = started();
  await client.create(things, thing("a", "1"));
  expect(api.contents("things").get("a")).toMatchObject({
    apiVersion: "example.com/v1",
    kind: "Thing",
  });
  expect(await outcome(client.create(things, thing("a", "2")))).toBe("already_exists");
  expect(await client.find(things, { name: "b" })).toBeUndefined();
  expect(await outcome(client.get(things, { name: "b" }))).toBe("not_found");
  const stale = { metadata: { name: "a", resourceVersion: "1" }, value: "3" };
  expect(await outcome(client.replace(things, { name: "a" }, stale))).toBe("conflict");
});

test.for<{ call: string; method: string; path: string; type?: string; body?: unknown }>([
  { call: "get", method: "GET", path: "/api/v1/namespaces/n%2Fs/persistentvolumeclaims/a%20b" },
  {
    call: "status patch",
    method: "PATCH",
    path: "/api/v1/namespaces/n%2Fs/persistentvolumeclaims/a%20b/status",
    type: "application/merge-patch+json",
    body: { status: {} },
  },
  {
    call: "json patch",
    method: "PATCH",
    path: "/api/v1/namespaces/n%2Fs/persistentvolumeclaims/a%20b",
    type: "application/json-patch+json",
    body: [{ op: "remove", path: "/spec" }],
  },
  {
    call: "delete",
    method: "DELETE",
    path: "/api/v1/namespaces/n%2Fs/persistentvolumeclaims/a%20b",
    type: "application/json",
    body: { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid: "u" } },
  },
  {
    call: "list",
    method: "GET",
    path: "/api/v1/persistentvolumeclaims?labelSelector=a%3Db%2Cc&limit=500",
  },
])("$call is the request that Kubernetes documents", async ({ call, method, path, type, body }) => {
  const { client, requests } = answering(200, "{}");
  const name = { namespace: "n/s", name: "a b" };
  const calls: Record<string, () => Promise<unknown>> = {
    get: () => client.get(claims, name),
    "status patch": () =>
      client.patch(claims, name, { kind: "merge", body: { status: {} } }, "status"),
    "json patch": () =>
      client.patch(claims, name, { kind: "json", operations: [{ op: "remove", path: "/spec" }] }),
    delete: () => client.delete(claims, name, { uid: "u" }),
    list: () => client.list(claims, { labelSelector: "a=b,c" }),
  };
  await outcome(calls[call]?.() ?? Promise.reject(new Error(call)));
  const [request] = requests;
  expect(request).toMatchObject({ method, path, timeout: 30_000 });
  expect(request?.contentType).toBe(type);
  expect(request?.body === undefined ? undefined : JSON.parse(request.body)).toEqual(body);
});

test("a claim without a namespace is refused before it is sent", async () => {
  const { client, requests } = answering(200, "{}");
  await expect(client.create(claims, { metadata: { name: "a" } })).rejects.toThrow("namespace");
  await expect(client.delete(claims, { name: "a" })).rejects.toThrow("namespace");
  expect(requests).toEqual([]);
});

test.for<{ faults: Fault[]; reads: number; writes: number; code: string }>([
  { faults: [{ kind: "refused" }], reads: 2, writes: 1, code: "connection" },
  { faults: [{ kind: "cut", after: 3 }], reads: 2, writes: 1, code: "connection" },
  { faults: [{ kind: "silent", after: 3 }], reads: 2, writes: 1, code: "timeout" },
  { faults: [{ kind: "short", after: 3 }], reads: 1, writes: 1, code: "bad_response" },
  {
    faults: [{ kind: "status", status: 503, retryAfter: 1 }],
    reads: 2,
    writes: 1,
    code: "server_error",
  },
  { faults: [{ kind: "status", status: 429, retryAfter: 1 }], reads: 2, writes: 2, code: "" },
  { faults: [{ kind: "status", status: 429 }], reads: 2, writes: 1, code: "too_many_requests" },
  { faults: [{ kind: "status", status: 403 }], reads: 1, writes: 1, code: "forbidden" },
  { faults: [{ kind: "status", status: 422 }], reads: 1, writes: 1, code: "invalid" },
])(
  "$faults: a read is sent $reads times, a write $writes times",
  async ({ faults, reads, writes, code }) => {
    for (const [method, times] of [
      ["GET", reads],
      ["PATCH", writes],
    ] as const) {
      const { clock, api, client } = started();
      api.put("things", thing("a", "1"));
      api.faults.push(...faults);
      const name = { name: "a" };
      const call =
        method === "GET"
          ? client.get(things, name)
          : client.patch(things, name, { kind: "merge", body: { value: "2" } });
      const result = outcome(call);
      await clock.advance(minutes(5));
      expect(api.requests).toHaveLength(times);
      expect(await result).toEqual(times === 1 ? code : done);
    }
  },
);

test("a read is tried 4 times, waiting longer each time and as long as it was asked to", async () => {
  const { clock, api, client } = started();
  api.faults.push(
    { kind: "refused" },
    { kind: "refused" },
    { kind: "status", status: 503, retryAfter: 20 },
    { kind: "refused" },
  );
  const start = clock.moment();
  const result = outcome(client.get(things, { name: "a" }));
  await clock.advance(minutes(5));
  expect(await result).toBe("connection");
  const times = api.requests.map(({ at }) => elapsed(start, at) / 1000);
  expect(times).toEqual([0, 1, 3, 23]);
});

test.for([
  { status: 409, reason: "AlreadyExists", code: "already_exists" },
  // A quota that was changed at the same time: the object does not exist.
  { status: 409, reason: "Conflict", code: "conflict" },
  { status: 409, reason: undefined, code: "already_exists" },
  { status: 401, reason: "Unauthorized", code: "unauthorized" },
  { status: 410, reason: "Expired", code: "gone" },
  { status: 413, reason: "RequestEntityTooLarge", code: "bad_request" },
  { status: 504, reason: "Timeout", code: "timeout" },
  { status: 302, reason: undefined, code: "bad_response" },
])("a create answered with $status $reason fails as $code", async ({ status, reason, code }) => {
  const body = JSON.stringify({ kind: "Status", message: "the server's words", reason });
  const { client } = answering(status, body);
  const result = client.create(things, thing("a", "1"));
  await expect(result).rejects.toMatchObject({ code, status });
  await expect(result).rejects.toThrow(/^create things a failed with \d+: the server's words\. /);
});

test("what a proxy says in plain text is passed on", async () => {
  const { client, clock } = answering(502, "<html>no upstream</html>");
  const result = client.get(things, { name: "a" }).catch(String);
  await clock.advance(minutes(1));
  expect(await result).toContain("no upstream");
});

test("a resource of which only metadata is read is listed and watched as metadata", async () => {
  const { client, requests } = answering(200, '{"metadata":{"resourceVersion":"7"},"items":[]}');
  const metadataOnly = { ...things, representation: "metadata" } as const;
  await client.list(metadataOnly);
  const watching = client.watch(metadataOnly, {
    resourceVersion: "7",
    signal: new AbortController().signal,
  });
  await watching[Symbol.asyncIterator]().next();
  expect(requests.map(({ accept }) => accept)).toEqual([
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
  ]);
});
