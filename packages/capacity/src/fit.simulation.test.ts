import { expect, test } from "vitest";
import { checkFit } from "./testing/check-fit.ts";

test("fit, reserve and free agree with a ledger of single extents", () => {
  expect(checkFit({ cases: 20_000, seed: 1 })).toEqual({ cases: 20_000, disagreement: undefined });
});
