import { beforeAll, describe, test } from "vitest";

describe("a cluster of its own", () => {
  beforeAll(() => {
    throw new Error("it does not come up");
  });

  test("it never runs", () => undefined);
});
