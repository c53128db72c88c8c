import { expect, test, vi } from "vitest";
import { statPaths } from "./argv/devices.ts";
import { startOn } from "./run.ts";

const stat = (path: string) => startOn("image")(statPaths("fast", [path])).ended;

test("a command's output and exit code come back as they are", async () => {
  expect(await stat("/dev/null")).toEqual({
    exitCode: 0,
    stdout: "/dev/null|character special file|1:3",
    stderr: "",
  });
});

test("a failing command is an answer, in English whatever the locale", async () => {
  vi.stubEnv("LC_ALL", "de_DE.UTF-8");
  const { exitCode, stderr } = await stat("/dev/no-such-device");
  vi.unstubAllEnvs();
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^stat: cannot stat.*No such file or directory$/);
});
