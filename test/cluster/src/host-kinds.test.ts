import { expect, test } from "vitest";
import { hostOfEach, parseHosts } from "./host-kinds.ts";

test("kinds of host come as a list, in one piece or in several", () => {
  expect(parseHosts("udev, rhel", "plain")).toEqual(["udev", "rhel", "plain"]);
});

test.for(["ubuntu", "", "udev,", "UDEV"])("%j names no kind of host, and all are told", (text) => {
  expect(() => parseHosts(text)).toThrow(/there are plain, udev, rhel, filtered, readonly/);
});

test("one kind is every node's", () => {
  expect(hostOfEach(["udev"], 3)).toEqual(["udev", "udev", "udev"]);
  expect(hostOfEach(["udev"], 0)).toEqual([]);
});

test("several kinds are one for each node, and any other number is refused", () => {
  expect(hostOfEach(["plain", "udev"], 2)).toEqual(["plain", "udev"]);
  expect(() => hostOfEach(["plain", "udev"], 3)).toThrow(/2 kinds of host for 3 nodes/);
  expect(() => hostOfEach([], 1)).toThrow(/0 kinds of host for 1 nodes/);
});
