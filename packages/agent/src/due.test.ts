import type { Moment } from "@stowage/clock";
import { minutes, seconds } from "@stowage/clock";
import { LvmError } from "@stowage/lvm";
import { expect, test } from "vitest";
import { dueActions, needsNewLook } from "./due.ts";
import { Failures } from "./failures.ts";
import type { Action } from "./plan.ts";

const error = new LvmError("lvm_failed", { command: "lvchange" });
const now = (at: number): Moment => seconds(at) as number as Moment;

const namesOf = (actions: readonly Action[], failures: Failures, at: number): string[] =>
  dueActions(actions, failures, now(at)).map(
    ({ action, attempt }) =>
      `${attempt} ${action.kind} ${"volumes" in action ? action.volumes.join(" ") : ""}`,
  );

test("what never failed goes before what did, and what failed waits its time, the longest due first", () => {
  const failures = new Failures(minutes(1));
  const planned: Action[] = [
    { kind: "activate_volumes", volumes: ["a", "b", "c", "d"] },
    { kind: "mark_group", tags: [] },
  ];
  failures.add("activate_volumes:a", error, now(5));
  failures.add("activate_volumes:c", error, now(1));
  failures.add("activate_volumes:d", error, now(100));
  expect(namesOf(planned, failures, 10)).toEqual([
    "first activate_volumes b",
    "first mark_group ",
    "retry activate_volumes c",
    "retry activate_volumes a",
  ]);
});

test("many volumes are activated fifty at a time", () => {
  const volumes = Array.from({ length: 120 }, (_, index) => `pvc-${index}`);
  const due = dueActions([{ kind: "activate_volumes", volumes }], new Failures(minutes(1)), now(0));
  expect(due.map(({ action }) => ("volumes" in action ? action.volumes.length : 0))).toEqual([
    50, 50, 20,
  ]);
});

test("a retry, and whatever is done to a device, rests on a new look", () => {
  const activation: Action = { kind: "activate_volumes", volumes: ["pvc-1"] };
  const resize: Action = { kind: "resize_device", path: "/dev/sda", resizeKey: "1" };
  expect(needsNewLook({ action: activation, attempt: "first" })).toBe(false);
  expect(needsNewLook({ action: activation, attempt: "retry" })).toBe(true);
  expect(needsNewLook({ action: resize, attempt: "first" })).toBe(true);
});
