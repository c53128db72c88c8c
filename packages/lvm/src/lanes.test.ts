import { seconds, VirtualClock } from "@stowage/clock";
import { expect, test } from "vitest";
import { reportDevices } from "./argv/reports.ts";
import { lvremove } from "./argv/volumes.ts";
import type { Command } from "./command.ts";
import { LvmError } from "./errors.ts";
import { makeRunner } from "./lanes.ts";
import type { Ended } from "./run.ts";

const ok: Ended = { exitCode: 0, stdout: "", stderr: "" };

const laboratory = () => {
  const clock = new VirtualClock();
  const log: string[] = [];
  const underWay = new Map<string, (ended: Ended) => void>();
  const run = makeRunner({
    clock,
    observe: (command, outcome, duration) => log.push(`${label(command)} ${outcome} ${duration}`),
    late: (command, ended, duration) =>
      log.push(
        `${label(command)} ended late: ${"exitCode" in ended ? ended.exitCode : ended.message} ${duration}`,
      ),
    start: (command) => {
      log.push(`${label(command)} starts`);
      const { promise, resolve } = Promise.withResolvers<Ended>();
      underWay.set(label(command), resolve);
      return { ended: promise, kill: () => log.push(`${label(command)} is killed`) };
    },
  });
  const ask = async (command: Command): Promise<string> => {
    try {
      const { exitCode } = await run(command);
      return `exit ${exitCode}`;
    } catch (error) {
      return error instanceof LvmError ? error.code : String(error);
    }
  };
  return { clock, log, ask, end: (name: string) => underWay.get(name)?.(ok) };
};

const label = ({ name, lane }: Command): string => `${name} in ${lane}`;
const remove = (group: string): Command => lvremove(group, "pvc-1", ["/dev/sda"]);
const report = (group: string): Command => reportDevices(group, ["/dev/sda"]);

test("commands of a lane wait for each other, those of another do not", async () => {
  const { clock, log, ask, end } = laboratory();
  const first = ask(remove("a"));
  const second = ask(report("a"));
  const other = ask(remove("b"));
  await clock.advance(seconds(1));
  expect(log).toEqual(["lvremove in group a starts", "lvremove in group b starts"]);
  end("lvremove in group a");
  await clock.advance(seconds(1));
  end("fullreport in group a");
  end("lvremove in group b");
  await clock.advance(seconds(1));
  expect(await Promise.all([first, second, other])).toEqual(["exit 0", "exit 0", "exit 0"]);
  expect(clock.sleeping).toBe(0);
});

test("a read past its limit is killed; its lane opens when it is really gone", async () => {
  const { clock, log, ask, end } = laboratory();
  const hung = ask(report("a"));
  await clock.advance(seconds(30));
  expect(await hung).toBe("lvm_timeout");
  expect(log).toContain("fullreport in group a is killed");
  const next = ask(remove("a"));
  await clock.advance(seconds(5));
  expect(log).not.toContain("lvremove in group a starts");
  end("fullreport in group a");
  await clock.advance(seconds(1));
  expect(log).toContain("lvremove in group a starts");
  end("lvremove in group a");
  expect(await next).toBe("exit 0");
});

test("a write past its limit is never killed, and whoever comes after it gets an answer", async () => {
  const { clock, log, ask, end } = laboratory();
  const hung = ask(remove("a"));
  await clock.advance(seconds(120));
  expect(await hung).toBe("lvm_timeout");
  const after = ask(report("a"));
  await clock.advance(seconds(30));
  expect(await after).toBe("lane_closed");
  expect(log.filter((entry) => entry.endsWith("is killed"))).toEqual([]);
  const elsewhere = ask(remove("b"));
  await clock.advance(seconds(0));
  end("lvremove in group b");
  expect(await elsewhere).toBe("exit 0");
  end("lvremove in group a");
  await clock.advance(seconds(0));
  expect(log).toContain("lvremove in group a ended late: 0 150000");
  const last = ask(report("a"));
  await clock.advance(seconds(0));
  end("fullreport in group a");
  expect(await last).toBe("exit 0");
});

test("a command that cannot be started frees its lane", async () => {
  const clock = new VirtualClock();
  let attempts = 0;
  const run = makeRunner({
    clock,
    observe: () => undefined,
    start: () => {
      attempts += 1;
      throw new LvmError("command_missing", { command: "lvm" });
    },
  });
  await expect(run(remove("a"))).rejects.toThrow(LvmError);
  await expect(run(remove("a"))).rejects.toThrow(LvmError);
  expect(attempts).toBe(2);
});
