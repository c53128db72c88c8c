import { expect, test } from "vitest";
import { addressesOf, controlPlaneLinks, nodeLinks } from "./address-plan.ts";

test("a node's addresses follow from its number", () => {
  expect(addressesOf(1)).toEqual({
    address: "10.99.0.11",
    controlAddress: "10.98.0.11",
    podSubnet: "10.99.11.0/24",
    tap: "n1",
    controlTap: "n1-ctl",
  });
});

test("nodes share no address, subnet or device, up to the last one", () => {
  const all = Array.from({ length: 200 }, (_, index) => addressesOf(index + 1));
  const parts = all.flatMap((node) => Object.values(node));
  expect(new Set(parts).size).toBe(parts.length);
  expect(parts.filter((part) => /\.(?:25[6-9]|2[6-9]\d|[3-9]\d\d)/.test(part))).toEqual([]);
});

test.for([0, 201, 1.5])("node number %d has no address", (index) => {
  expect(() => addressesOf(index)).toThrow("1 to 200");
});

test("device names are short enough for the kernel", () => {
  for (const name of [addressesOf(200).tap, addressesOf(200).controlTap]) {
    expect(name.length).toBeLessThan(16);
  }
});

test("pods' subnets are routed over their node, and the API server's ClusterIP lies on the bridge", () => {
  expect(nodeLinks(addressesOf(2))).toContain("route add 10.99.12.0/24 via 10.99.0.12");
  expect(controlPlaneLinks()).toContain("address add 10.96.0.1/32 dev br0");
});
