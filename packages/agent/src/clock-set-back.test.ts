import { minutes, seconds, VirtualClock } from "@stowage/clock";
import { expect, test } from "vitest";
import { Readiness } from "./readiness.ts";
import { entry } from "./testing/fake-storage.ts";
import { disk, withGroup } from "./testing/storages.ts";

test("a clock that is set back an hour keeps no old look in force", async () => {
  const storage = await withGroup();
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  for (const volume of storage.node.group("fast")?.volumes ?? []) volume.activation = "inactive";
  storage.clock.setBack(minutes(60));
  await storage.clock.advance(seconds(60));
  expect(await storage.reconcile()).toEqual({ kind: "again", after: minutes(1) });
  expect(storage.node.group("fast")?.volumes[0]?.activation).toBe("active");
});

test("what failed before the clock was set back an hour is tried again in its time", async () => {
  const storage = await withGroup();
  storage.node.trouble = ({ name }) => (name === "lvcreate" ? "  Something is wrong." : undefined);
  storage.wish({ devices: [disk], volumes: [entry("1", "100Mi")] });
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Creating LvmFailed" });
  storage.node.trouble = () => undefined;
  storage.clock.setBack(minutes(60));
  await storage.clock.advance(seconds(1));
  await storage.reconcile();
  expect(storage.volumeStates).toEqual({ "pvc-1": "Ready" });
});

test("an agent that hangs is found not ready, whatever the time of day", async () => {
  const clock = new VirtualClock();
  const readiness = new Readiness(clock, seconds(60));
  readiness.watching();
  readiness.reported("n1.fast", "succeeded");
  clock.setBack(minutes(60));
  await clock.advance(seconds(181));
  expect(readiness.whyNot(["n1.fast"])).toBe("n1.fast: last reported on 181 s ago");
});
