import { expect, test } from "vitest";
import { filterCallsIn } from "./extender-calls.ts";
import { metrics } from "./testing/diagnosed-cluster.ts";

test.for([
  { text: metrics(12), calls: 12 },
  {
    text: `${metrics(3)}stowage_extender_request_duration_seconds_count{verb="/filter",code="503"} 4\n`,
    calls: 7,
  },
  { text: "", calls: 0 },
])("$calls filter calls are read from an extender's metrics", ({ text, calls }) => {
  expect(filterCallsIn(text)).toBe(calls);
});
