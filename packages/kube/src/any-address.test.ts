import { expect, test } from "vitest";
import { anyAddress } from "./any-address.ts";

const address = { netmask: "", mac: "", internal: false, cidr: null };
const four = { ...address, address: "10.0.0.1", family: "IPv4" as const };
const six = { ...address, address: "fd00::1", family: "IPv6" as const, scopeid: 0 };

test("a pod of an IPv6-only cluster listens on IPv6, one without any IPv6 on IPv4", () => {
  expect(anyAddress({ eth0: [six] })).toBe("::");
  expect(anyAddress({ lo: [four], eth0: [four, six] })).toBe("::");
  expect(anyAddress({ lo: [four], eth0: [four] })).toBe("0.0.0.0");
});
