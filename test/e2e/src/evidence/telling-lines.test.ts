import { expect, test } from "vitest";
import { recorded } from "./recorded.ts";
import { tellingLines } from "./telling-lines.ts";

/* On evidence of real failures: whole objects as kubectl printed them, some left out. */

test("a claim that fits nowhere: the scheduler's reason, and a program that was started anew", () => {
  const since = new Date("2026-11-30T09:15:21.937Z");
  expect(tellingLines(recorded("assertion"), since)).toEqual([
    "pod stowage-system/stowage-provisioner-5cc45b498c-hfsvw: ended with 1, 1 restarts",
    expect.stringMatching(/^event FailedScheduling of Pod large: 0\/3 nodes .* 1 needs 100 GiB in/),
  ]);
});

test("a stopped API server: that it is down, and of each program's trouble one line", () => {
  const since = new Date("2026-11-30T10:01:47.236Z");
  const lines = tellingLines(recorded("stopped-api-server"), since);
  expect(lines[0]).toBe("kube-apiserver is down");
  const programs = lines.slice(1).map((line) => line.slice(0, line.indexOf(":")));
  expect(programs.length).toBeGreaterThan(0);
  expect(lines.slice(1)).toEqual(
    programs.map((program) => expect.stringMatching(new RegExp(`^${program}: .*API server`))),
  );
  expect(new Set(lines).size).toBe(lines.length);
});

test("what was before the test began is not told of", () => {
  const lines = tellingLines(recorded("assertion"), new Date("2026-11-30T09:19:00Z"));
  expect(lines.filter((line) => line.startsWith("event"))).toEqual([]);
});

test("there are few lines, each short", () => {
  const lines = tellingLines(recorded("assertion"), new Date(0));
  expect(lines.length).toBeLessThanOrEqual(10);
  for (const line of lines) expect(line.length).toBeLessThan(250);
});
