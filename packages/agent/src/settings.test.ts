import { seconds } from "@stowage/clock";
import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

test("a node's name is all that an agent must be told", () => {
  expect(readSettings({ NODE_NAME: "n1" })).toEqual({
    nodeName: "n1",
    lvmMode: "host",
    scanPeriod: seconds(60),
    settleTime: seconds(300),
    kubeconfig: undefined,
    host: undefined,
    port: 9807,
    logLevel: "info",
  });
});

test.for([
  { environment: {}, wrong: "NODE_NAME" },
  { environment: { NODE_NAME: "n1", LVM_MODE: "container" }, wrong: "LVM_MODE" },
  { environment: { NODE_NAME: "n1", SCAN_SECONDS: "1" }, wrong: "SCAN_SECONDS" },
  { environment: { NODE_NAME: "n1", PORT: "http" }, wrong: "PORT" },
])("$wrong is named when it is wrong", ({ environment, wrong }) => {
  expect(() => readSettings(environment)).toThrow(wrong);
});
