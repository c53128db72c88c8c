import { nodeLocalStorages } from "@stowage/api";
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

test("a group is told in bytes, and each state with its count, also of nothing", () => {
  const metrics = new Metrics();
  metrics.setGroup(
    nodeLocalStorages.parse({
      metadata: { name: "n1.fast" },
      spec: {
        nodeName: "n1",
        volumeGroup: "fast",
        volumes: [
          { name: "pvc-1", size: "5Mi" },
          { name: "pvc-2", size: "4Mi", delete: true },
        ],
      },
      status: {
        conditions: [
          {
            type: "Ready",
            status: "True",
            reason: "GroupReady",
            message: "",
            lastTransitionTime: "2026-01-01T00:00:00Z",
          },
        ],
        extentSize: "4Mi",
        capacity: "64Mi",
        allocatable: "60Mi",
        free: "48Mi",
        volumes: [
          { name: "pvc-1", state: "Ready" },
          { name: "pvc-2", state: "Deleting" },
        ],
      },
    }),
  );
  const lines = metrics.text().split("\n");
  const group = 'volume_group="fast"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `stowage_agent_group_capacity_bytes{${group}} ${64 * 1024 ** 2}`,
      `stowage_agent_group_allocatable_bytes{${group}} ${60 * 1024 ** 2}`,
      // Whole extents: 8 MiB and 4 MiB.
      `stowage_agent_group_promised_bytes{${group}} ${12 * 1024 ** 2}`,
      `stowage_agent_group_free_bytes{${group}} ${48 * 1024 ** 2}`,
      `stowage_agent_group_ready{${group}} 1`,
      `stowage_agent_volumes{${group},state="Ready"} 1`,
      `stowage_agent_volumes{${group},state="Deleting"} 1`,
      `stowage_agent_volumes{${group},state="Failed"} 0`,
      `stowage_agent_devices{${group},state="Missing"} 0`,
      `stowage_agent_orphans{${group}} 0`,
    ]),
  );
  metrics.forgetGroup("n1.fast");
  expect(metrics.text()).not.toContain(group);
});

test("what waits in the queue and watches that broke are told", () => {
  const metrics = new Metrics();
  metrics.follow({ depth: 3 });
  metrics.watchRestarted();
  const lines = metrics.text().split("\n");
  expect(lines).toContain("stowage_agent_queue_depth 3");
  expect(lines).toContain("stowage_agent_watch_restarts_total 1");
});
