import { expect, test } from "vitest";
import { within } from "./within.ts";

test("what is done in time is handed on, its failure too", async () => {
  await expect(within(1000, Promise.resolve("done"))).resolves.toBe("done");
  await expect(within(1000, Promise.reject(new Error("why")))).rejects.toThrow("why");
});

test("what never ends is told", async () => {
  await expect(within(20, new Promise(() => undefined))).rejects.toThrow(
    "there was no answer within 0.02 s",
  );
});
