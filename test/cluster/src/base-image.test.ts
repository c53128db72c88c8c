import { expect, test } from "vitest";
import { baseOf } from "./base-image.ts";

test("a Dockerfile's first line tells the version of Node.js", () => {
  expect(baseOf("# comment\nFROM node:24.21.0-bookworm-slim\nCOPY a b\n")).toEqual({
    name: "node:24.21.0-bookworm-slim",
    nodeVersion: "24.21.0",
  });
});

test.for(["FROM debian:12", "FROM node:24-bookworm-slim", "COPY a b"])(
  "there is no stand-in for `%s`",
  (text) => {
    expect(() => baseOf(text)).toThrow("can stand in for");
  },
);
