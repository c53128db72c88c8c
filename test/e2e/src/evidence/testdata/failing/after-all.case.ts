import { afterAll, test } from "vitest";

afterAll(() => {
  throw new Error("a volume is left");
});

test("all is well", () => undefined);
