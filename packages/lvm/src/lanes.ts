import assert from "node:assert/strict";
import type { Clock, Milliseconds } from "@stowage/clock";
import { elapsed, seconds } from "@stowage/clock";
import type { Command, LvmRunner, Output } from "./command.ts";
import { LvmError } from "./errors.ts";
import type { Ended, Start } from "./run.ts";

export type Limits = {
  /** A read past this is killed. */
  readonly read: Milliseconds;
  /** A write past this is left to finish; those who wait for it get an error. */
  readonly write: Milliseconds;
  /** How long a command waits for those before it in its lane. */
  readonly turn: Milliseconds;
};

const defaultLimits: Limits = { read: seconds(30), write: seconds(120), turn: seconds(30) };

export type Outcome = "ok" | "failed" | "timeout" | "not_started";

/** Told of each command once its caller has an answer. */
export type Observe = (command: Command, outcome: Outcome, duration: Milliseconds) => void;

/** Told of a command that came to its end after its caller had been told that it took too long. */
export type ObserveLate = (command: Command, ended: Ended | Error, duration: Milliseconds) => void;

/**
 * Runs the commands of each lane one after another, each within its limit.
 * Invariant: a lane stays closed until the process in it has really ended, even when its caller was
 * answered long ago. So no command ever works on a group beside one that hangs there, and processes
 * that cannot be killed do not pile up.
 */
export const makeRunner = (options: {
  readonly start: Start;
  readonly clock: Clock;
  readonly observe: Observe;
  readonly late?: ObserveLate;
  readonly limits?: Limits;
}): LvmRunner => {
  const {
    start,
    clock,
    observe,
    late: observeLate = () => undefined,
    limits = defaultLimits,
  } = options;
  const lanes = new Map<string, Promise<void>>();

  const inTime = async <T>(work: Promise<T>, limit: Milliseconds): Promise<T | "late"> => {
    const timer = new AbortController();
    const late = clock.sleep(limit, timer.signal).then(
      () => "late" as const,
      () => "late" as const,
    );
    try {
      return await Promise.race([work, late]);
    } finally {
      timer.abort();
    }
  };

  const run = async (command: Command, leave: () => void): Promise<Output> => {
    const begun = clock.moment();
    const answer = (outcome: Outcome): Milliseconds => {
      const duration = elapsed(begun, clock.moment());
      observe(command, outcome, duration);
      return duration;
    };
    const { ended, kill } = start(command);
    const tell = (outcome: Ended | Error): void =>
      observeLate(command, outcome, elapsed(begun, clock.moment()));
    void ended.then(leave, leave);
    const limit = command.access === "job" ? undefined : limits[command.access];
    let result: Ended | "late";
    try {
      result = limit === undefined ? await ended : await inTime(ended, limit);
    } catch (error) {
      answer("failed");
      throw error;
    }
    if (result === "late") {
      assert(limit !== undefined, "a command without a limit is never late");
      if (command.access === "read") kill();
      answer("timeout");
      void ended.then(tell, (error: unknown) =>
        tell(error instanceof Error ? error : new Error(String(error))),
      );
      throw new LvmError("lvm_timeout", {
        command: command.name,
        detail: `no end after ${limit / 1000} s${command.access === "write" ? ", left to finish" : ""}`,
      });
    }
    return {
      ...result,
      duration: answer(command.answers.includes(result.exitCode) ? "ok" : "failed"),
    };
  };

  const forgetEmpty = async (lane: string, last: Promise<void>): Promise<void> => {
    await last;
    if (lanes.get(lane) === last) lanes.delete(lane);
  };

  return async (command) => {
    const before = lanes.get(command.lane) ?? Promise.resolve();
    const { promise: left, resolve: leave } = Promise.withResolvers<void>();
    const after = before.then(() => left);
    lanes.set(command.lane, after);
    void forgetEmpty(command.lane, after);
    const turn = await inTime(before, limits.turn);
    if (turn === "late") {
      leave();
      observe(command, "not_started", limits.turn);
      throw new LvmError("lane_closed", {
        command: command.name,
        detail: `waited ${limits.turn / 1000} s for its turn on ${command.lane}`,
      });
    }
    try {
      return await run(command, leave);
    } catch (error) {
      // A command that could not even be started leaves no process behind.
      if (!(error instanceof LvmError) || error.code !== "lvm_timeout") leave();
      throw error;
    }
  };
};
