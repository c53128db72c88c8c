import { expect, test } from "vitest";
import { UsageError, upOptions } from "./up-options.ts";

test("without arguments there are three plain nodes with the usual disks", () => {
  expect(upOptions([])).toEqual({ nodes: 3, hosts: ["plain"], disksOf: {}, memory: "1536M" });
});

test("hosts come as a list or one by one, disks for all nodes or for one", () => {
  const words =
    "--nodes 3 --host udev,rhel --host plain --disk 4Gi --disk n2:4Gi,partitions=2 --disk n2:0";
  expect(upOptions(words.split(" "))).toMatchObject({
    hosts: ["udev", "rhel", "plain"],
    disks: ["4Gi"],
    disksOf: { n2: ["4Gi,partitions=2", "0"] },
  });
});

test.for([
  [["--nodes", "0"], /whole number from 1/],
  [["--host", "windows"], /"windows" is no kind of host/],
  [["--disks", "4Gi"], /--disks/],
  [["--memory", "10"], /768M or more: "10" is not that/],
  [["--memory", "256M"], /768M or more/],
] as const)("%j is refused", ([words, why]) => {
  expect(() => upOptions(words)).toThrow(why);
});

test("a wrong number of nodes is a matter of usage", () => {
  expect(() => upOptions(["--nodes", "many"])).toThrow(UsageError);
});
