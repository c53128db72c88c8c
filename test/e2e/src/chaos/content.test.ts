import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { checksumOf, readScript, writeScript } from "./content.ts";

const bash = async (script: string): Promise<string> =>
  (await promisify(execFile)("bash", ["-c", script])).stdout.trim();

const written = { token: "t1-1", mebibytes: 2, place: { file: "part-0" } } as const;

test("the checksum that is expected is that of what the shell writes", async () => {
  const sum = await bash(`yes ${written.token} | head -c ${2 << 20} | sha256sum | cut -d ' ' -f 1`);
  expect(checksumOf(written)).toBe(sum);
  expect(checksumOf({ ...written, token: "t1-2" })).not.toBe(sum);
});

test("the content begins with its token, and is as long as it says", () => {
  const lines = Buffer.alloc(1 << 20, "x\n");
  const sum = createHash("sha256").update(lines).digest("hex");
  expect(checksumOf({ token: "x", mebibytes: 1, place: { offset: 0 } })).toBe(sum);
});

test("a pod that has no process fails the script, whatever is to be done there", async () => {
  const mounted = { podUid: "nobody", claim: "t1", mode: "Filesystem" } as const;
  await expect(bash(writeScript(mounted, written))).rejects.toThrow(/nobody has no process/);
  await expect(bash(readScript(mounted, [written]))).rejects.toThrow(/nobody has no process/);
});
