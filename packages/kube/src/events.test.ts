import { minutes, seconds, VirtualClock } from "@stowage/clock";
import { expect, test } from "vitest";
import { makeClient } from "./client.ts";
import type { Regarding } from "./core-event.ts";
import { makeEventRecorder } from "./events.ts";
import { FakeApi } from "./testing/fake-api.ts";
import { keptLog, seeded } from "./testing/things.ts";

const claim: Regarding = {
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  namespace: "shop",
  name: "data",
  uid: "u-1",
};
const failed = { type: "Warning", reason: "ProvisioningFailed", message: "no room" } as const;

const started = () => {
  const clock = new VirtualClock();
  const api = new FakeApi(clock);
  const log = keptLog();
  const random = seeded(3);
  const client = makeClient({ transport: api.transport, clock, random, log });
  const component = "stowage-provisioner";
  const recorder = makeEventRecorder({ client, clock, log, random, component, instance: "pod-1" });
  const stored = () => [...api.contents("events").values()];
  return { clock, api, log, recorder, stored };
};

test("an event is written as client-go writes it", async () => {
  const { recorder, api, stored } = started();
  recorder.emit(claim, failed);
  await recorder.flush();
  expect(stored()).toMatchObject([
    {
      apiVersion: "v1",
      kind: "Event",
      metadata: { namespace: "shop", name: expect.stringMatching(/^data\.[0-9a-f]+$/) },
      involvedObject: claim,
      ...failed,
      count: 1,
      firstTimestamp: "1970-01-01T00:00:00Z",
      lastTimestamp: "1970-01-01T00:00:00Z",
      source: { component: "stowage-provisioner", host: "pod-1" },
      reportingComponent: "stowage-provisioner",
      reportingInstance: "pod-1",
    },
  ]);
  expect(api.requests.map(({ path }) => path)).toEqual(["/api/v1/namespaces/shop/events"]);
});

test("an event about what has no namespace goes to default", async () => {
  const { recorder, stored } = started();
  recorder.emit({ ...claim, kind: "NodeLocalStorage", namespace: "" }, failed);
  await recorder.flush();
  expect(stored()).toMatchObject([{ metadata: { namespace: "default" } }]);
});

test("the same again counts up, at once and later; anything else is another event", async () => {
  const { clock, recorder, stored } = started();
  recorder.emit(claim, failed);
  recorder.emit(claim, failed);
  await recorder.flush();
  await clock.advance(minutes(1));
  recorder.emit(claim, failed);
  recorder.emit(claim, { ...failed, message: "no node" });
  await recorder.flush();
  expect(stored()).toMatchObject([
    { message: "no room", count: 3, lastTimestamp: "1970-01-01T00:01:00Z" },
    { message: "no node", count: 1 },
  ]);
});

test("an event that has expired is made anew", async () => {
  const { clock, api, recorder, stored } = started();
  recorder.emit(claim, failed);
  await recorder.flush();
  for (const key of api.contents("events").keys()) api.remove("events", key);
  await clock.advance(minutes(90));
  recorder.emit(claim, failed);
  await recorder.flush();
  expect(stored()).toMatchObject([{ count: 1, firstTimestamp: "1970-01-01T01:30:00Z" }]);
});

test("one object makes 25 events at once and one more in 5 minutes, others are not held up", async () => {
  const { clock, recorder, stored } = started();
  for (let count = 0; count < 16_000; count++) {
    recorder.emit(claim, { ...failed, message: `try ${count}` });
  }
  recorder.emit({ ...claim, name: "other" }, failed);
  await recorder.flush();
  expect(stored()).toHaveLength(26);
  await clock.advance(minutes(5));
  for (let count = 0; count < 10; count++) {
    recorder.emit(claim, { ...failed, message: `later ${count}` });
  }
  await recorder.flush();
  expect(stored()).toHaveLength(27);
});

test("while the server is away events wait in a bounded queue, then are sent once each", async () => {
  const { clock, api, recorder, stored, log } = started();
  for (let count = 0; count < 3; count++) api.faults.push({ kind: "refused" });
  for (let count = 0; count < 1500; count++) {
    recorder.emit({ ...claim, name: `claim-${count}` }, failed);
  }
  await clock.advance(minutes(1));
  expect(stored()).toHaveLength(1000);
  expect(log.lines.filter(({ message }) => message.includes("too many wait"))).toHaveLength(500);
});

test("an event whose answer was cut off is not made twice", async () => {
  const { clock, api, recorder, stored } = started();
  api.faults.push({ kind: "cut", after: 5 });
  recorder.emit(claim, failed);
  await clock.advance(minutes(1));
  recorder.emit(claim, failed);
  await recorder.flush();
  expect(stored()).toMatchObject([{ count: 2 }]);
});

test("a refusal is logged and not tried again; a flush does not wait for an absent server", async () => {
  const { clock, api, recorder, log } = started();
  api.faults.push({ kind: "status", status: 403 });
  recorder.emit(claim, failed);
  await clock.advance(minutes(1));
  expect(api.requests).toHaveLength(1);
  for (let count = 0; count < 100; count++) api.faults.push({ kind: "refused" });
  recorder.emit(claim, failed);
  recorder.emit(claim, { ...failed, message: "another" });
  await clock.advance(seconds(0));
  await recorder.flush();
  expect(log.lines.filter(({ level }) => level === "warn")).toHaveLength(3);
});
