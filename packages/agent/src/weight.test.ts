import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/** Built-in modules that an agent has no use for, each of several MiB. */
const heavy = ["internal/deps/undici/undici", "http2"];

test("the agent loads no heavy module of node's by accident", async () => {
  const script = `await import("@stowage/agent"); console.log(process.moduleLoadList.join("\\n"))`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", script],
    { cwd: import.meta.dirname },
  );
  const loaded = new Set(stdout.split("\n").map((line) => line.replace(/^\w+( \w+)? /, "")));
  expect(loaded).toContain("https");
  expect(heavy.filter((name) => loaded.has(name))).toEqual([]);
});
