import { expect, test } from "vitest";
import { identityOf } from "./identity-of.ts";

test("each process of a Pod has an identity of its own, by which the Pod is known", () => {
  const identities = Array.from({ length: 100 }, () => identityOf("provisioner-a", Math.random));
  expect(new Set(identities).size).toBe(100);
  for (const identity of identities) expect(identity).toMatch(/^provisioner-a_[0-9a-f]{12}$/);
  expect(identityOf("a", () => 0)).toBe("a_000000000000");
});
