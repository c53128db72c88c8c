import { expect, test } from "vitest";
import { whyNotReady } from "./node-readiness.ts";

const node = (status: string, bootID: string) => ({
  status: {
    conditions: [{ type: "Ready", status, message: "container runtime is down" }],
    nodeInfo: { bootID },
  },
});

test.for([
  { object: node("True", "second"), why: undefined },
  { object: node("False", "second"), why: "container runtime is down" },
  { object: node("True", "first"), why: "its kubelet has not reported since the boot" },
  { object: { status: {} }, why: "it has no condition Ready" },
])("in its second boot the node is not ready because: $why", ({ object, why }) => {
  expect(whyNotReady(object, "second")).toBe(why);
});
