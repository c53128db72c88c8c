import type { Milliseconds } from "@stowage/clock";
import { later, seconds, VirtualClock } from "@stowage/clock";
import type { InformerState, KubeRequest, KubeResponse, Transport } from "@stowage/kube";
import { makeClient } from "@stowage/kube";
import { expect, test } from "vitest";
import { freshnessOf, startCaches } from "./caches.ts";
import { Cluster } from "./cluster.ts";

const random = (): number => 0.5;
const silent = (): void => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

const objects: Record<string, readonly object[]> = {
  "/api/v1/nodes": [{ metadata: { name: "n1" } }],
  "/api/v1/namespaces/stowage/pods": [
    {
      metadata: { namespace: "stowage", name: "agent-x" },
      spec: { nodeName: "n1" },
      status: { conditions: [{ type: "Ready", status: "True" }] },
    },
  ],
  "/apis/storage.k8s.io/v1/storageclasses": [
    {
      metadata: { name: "fast" },
      provisioner: "lvm.stowage.dev",
      parameters: { volumeGroup: "vg" },
    },
    { metadata: { name: "nfs" }, provisioner: "nfs.example" },
  ],
  "/apis/stowage.dev/v1alpha1/nodelocalstorages": [
    { metadata: { name: "n1.vg" }, spec: { nodeName: "n1", volumeGroup: "vg" } },
  ],
  "/api/v1/persistentvolumes": [],
  "/api/v1/persistentvolumeclaims": [
    {
      metadata: { namespace: "shop", name: "a", uid: "u" },
      spec: { storageClassName: "fast", resources: { requests: { storage: "1Gi" } } },
    },
  ],
};

const answer = (status: number, body: KubeResponse["body"]): KubeResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body,
});

/** Lists what there is, and watches in which nothing ever happens. */
const quietServer =
  (requests: KubeRequest[]): Transport =>
  async (request) => {
    requests.push(request);
    const { pathname, searchParams } = new URL(request.path, "http://server");
    if (searchParams.has("watch")) return answer(200, nothing(request.signal));
    const items = objects[pathname];
    const list = { metadata: { resourceVersion: "7" }, items };
    return answer(items === undefined ? 404 : 200, text(JSON.stringify(list)));
  };

/** Label selectors by path. */
const selectorsIn = (requests: readonly KubeRequest[]): Record<string, (string | null)[]> => {
  const found: Record<string, (string | null)[]> = {};
  for (const { path } of requests) {
    const { pathname, searchParams } = new URL(path, "http://server");
    const selector = searchParams.get("labelSelector");
    found[pathname] = [...new Set([...(found[pathname] ?? []), selector])];
  }
  return found;
};

const text = async function* (body: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(body);
};

const nothing = async function* (signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  yield* [];
  await new Promise((_resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
};

test("the cluster is filled from the API server, agents from their own namespace only and PersistentVolumes if they were adopted", async () => {
  const clock = new VirtualClock();
  const requests: KubeRequest[] = [];
  const stop = new AbortController();
  const cluster = new Cluster();
  const freshness = startCaches({
    cluster,
    client: makeClient({ transport: quietServer(requests), clock, random, log }),
    clock,
    random,
    log,
    signal: stop.signal,
    namespace: "stowage",
    agentSelector: "app=agent",
  });
  expect(freshness()).toEqual({
    kind: "syncing",
    waitingFor: [
      "storageclasses",
      "nodelocalstorages",
      "persistentvolumeclaims",
      "persistentvolumes",
      "nodes",
      "pods",
    ],
  });
  await clock.advance(seconds(1));
  expect(freshness()).toEqual({ kind: "live" });
  expect([...cluster.nodes()].map(({ name }) => name)).toEqual(["n1"]);
  const seat = cluster.seats.take("n1");
  expect(seat.readyAgents).toHaveLength(1);
  expect(cluster.claim("shop/a")?.storageClassName).toBe("fast");
  expect(cluster.classes.ours("fast")).toBeDefined();
  expect(cluster.classes.ours("nfs")).toBeUndefined();
  const rooms = cluster.ledger.seenBy({ claims: [], volumes: [] });
  expect(rooms.room("vg", seat)?.brief.node).toBe("n1");
  expect(selectorsIn(requests)).toEqual({
    "/api/v1/nodes": [null],
    "/api/v1/namespaces/stowage/pods": ["app=agent"],
    "/api/v1/persistentvolumeclaims": [null],
    "/api/v1/persistentvolumes": ["stowage.dev/adopted=true"],
    "/apis/stowage.dev/v1alpha1/nodelocalstorages": [null],
    "/apis/storage.k8s.io/v1/storageclasses": [null],
  });
  stop.abort(new Error("the test is over"));
  await clock.advance(seconds(1));
  expect(freshness()).toMatchObject({ kind: "stale" });
});

const cache = (what: string, state: InformerState) => ({ what, state: () => state });

test("the caches are as fresh as the stalest of them", () => {
  const clock = new VirtualClock();
  const start = clock.moment();
  const stale = (after: Milliseconds, why: string): InformerState => ({
    kind: "stale",
    since: later(start, after),
    why,
  });
  const at = { moment: () => later(start, seconds(10)) };
  expect(
    freshnessOf(
      [
        cache("a", { kind: "live" }),
        cache("b", stale(seconds(7), "x")),
        cache("c", stale(seconds(3), "y")),
      ],
      at,
    ),
  ).toEqual({ kind: "stale", what: "c", why: "y", age: seconds(7) });
  expect(
    freshnessOf([cache("a", { kind: "syncing" }), cache("b", stale(seconds(7), "x"))], at),
  ).toEqual({ kind: "syncing", waitingFor: ["a"] });
});
