import { minutes } from "@stowage/clock";
import { expect, test } from "vitest";
import { entry } from "./testing/fake-storage.ts";
import { disk, withGroup } from "./testing/storages.ts";

test("a report that somebody wrote over, such as an agent that was killed, is written again within a period", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
  storage.say([]);
  await storage.clock.advance(minutes(1));
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
});
