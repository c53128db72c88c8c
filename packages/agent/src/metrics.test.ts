import { milliseconds } from "@stowage/clock";
import { lvremove } from "@stowage/lvm";
import { expect, test } from "vitest";
import { Metrics } from "./metrics.ts";

test("a command is counted in every bucket that its duration fits into", () => {
  const metrics = new Metrics();
  const command = lvremove("fast", "pvc-1", ["/dev/sda"]);
  metrics.observeCommand(command, "ok", milliseconds(200));
  metrics.observeCommand(command, "ok", milliseconds(40_000));
  const labels = 'command="lvremove",outcome="ok"';
  const name = "stowage_agent_command_duration_seconds";
  const lines = metrics.text().split("\n");
  expect(lines).toContain(`${name}_bucket{${labels},le="0.1"} 0`);
  expect(lines).toContain(`${name}_bucket{${labels},le="0.2"} 1`);
  expect(lines).toContain(`${name}_bucket{${labels},le="+Inf"} 2`);
  expect(lines).toContain(`${name}_sum{${labels}} 40.2`);
});

test("every line is Prometheus' text format", () => {
  const line = /^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? [-+.e\d]+|)$/;
  expect(
    new Metrics()
      .text()
      .split("\n")
      .filter((text) => !line.test(text)),
  ).toEqual([]);
});
