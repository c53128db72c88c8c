import { expect, test } from "vitest";
import { elapsed, minutes, seconds } from "./clock.ts";
import { VirtualClock } from "./virtual-clock.ts";

test("sleepers wake at their due times, in order, and can sleep again within one advance", async () => {
  const clock = new VirtualClock();
  const start = clock.moment();
  const woken: string[] = [];
  const wake = (name: string) => () => woken.push(`${name} at ${elapsed(start, clock.moment())}`);
  void clock.sleep(seconds(2)).then(wake("late"));
  void clock
    .sleep(seconds(1))
    .then(wake("early"))
    .then(() => clock.sleep(seconds(1)))
    .then(wake("again"));
  await clock.advance(seconds(3));
  expect(woken).toEqual(["early at 1000", "late at 2000", "again at 2000"]);
  expect(clock.sleeping).toBe(0);
});

test("an aborted sleep rejects with the signal's reason and is forgotten", async () => {
  const clock = new VirtualClock();
  const controller = new AbortController();
  const slept = clock.sleep(seconds(1), controller.signal);
  controller.abort(new Error("shutting down"));
  await expect(slept).rejects.toThrow("shutting down");
  expect(clock.sleeping).toBe(0);
});

test("a step goes to the next timer, however far; one that was taken back never goes off", async () => {
  const clock = new VirtualClock();
  const went: number[] = [];
  const cancel = clock.schedule(seconds(5), () => went.push(5));
  clock.schedule(seconds(9), () => went.push(9));
  clock.schedule(seconds(7), () => went.push(7));
  cancel();
  cancel();
  expect(await clock.step()).toBe("woken");
  expect([clock.now(), went]).toEqual([7000, [7]]);
  expect(await clock.step()).toBe("woken");
  expect(await clock.step()).toBe("nobody_sleeps");
  expect(went).toEqual([7, 9]);
});

test("a step lets what it woke run until it waits for time again, however many promises that takes", async () => {
  const clock = new VirtualClock();
  let passed = 0;
  const run = async (): Promise<void> => {
    await clock.sleep(seconds(1));
    for (; passed < 1000; passed += 1) await Promise.resolve();
    await clock.sleep(seconds(1));
    passed += 1;
  };
  void run();
  await clock.step();
  expect(passed).toBe(1000);
  await clock.step();
  expect(passed).toBe(1001);
});

test("a time of day that is set back changes no span and wakes nobody late", async () => {
  const clock = new VirtualClock();
  const start = clock.moment();
  const woken: number[] = [];
  void clock.sleep(seconds(10)).then(() => woken.push(elapsed(start, clock.moment())));
  await clock.advance(seconds(5));
  clock.setBack(minutes(60));
  expect(clock.now()).toBe(seconds(5) - minutes(60));
  await clock.advance(seconds(5));
  expect(woken).toEqual([seconds(10)]);
});
