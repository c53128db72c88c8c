import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

const least = { POD_NAMESPACE: "stowage-system", POD_NAME: "provisioner-0" };

test("a leader has client-go's 15, 10 and 2 s, and LEASE_SECONDS scales all three", () => {
  expect(readSettings(least).leaseDurations).toEqual({
    lease: 15_000,
    renewDeadline: 10_000,
    retry: 2000,
  });
  expect(readSettings({ ...least, LEASE_SECONDS: "3" }).leaseDurations).toEqual({
    lease: 3000,
    renewDeadline: 2000,
    retry: 400,
  });
});

test("every variable that is wrong is named", () => {
  expect(() => readSettings({ POD_NAME: "a", LEASE_SECONDS: "1", PORT: "http" })).toThrow(
    /POD_NAMESPACE[^]*LEASE_SECONDS[^]*PORT/,
  );
});
