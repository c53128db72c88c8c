import { expect, test } from "vitest";
import { blowKinds, waves } from "./plan.ts";
import type { Wave } from "./plan.ts";
import { nodeOf, wordsOf } from "./blows.ts";

const first = (count: number, seed: number): Wave[] => {
  const taken: Wave[] = [];
  for (const wave of waves(seed)) {
    taken.push(wave);
    if (taken.length === count) break;
  }
  return taken;
};

const seeds = [1, 2, 3, 4, 5];

test("the same seed gives the same waves, another one others", () => {
  expect(first(50, 7)).toEqual(first(50, 7));
  expect(first(50, 7)).not.toEqual(first(50, 8));
});

test.each(seeds)("seed %d: within forty waves there is a blow of every kind", (seed) => {
  const kinds = new Set(first(40, seed).flatMap(({ blows }) => blows.map(({ kind }) => kind)));
  expect([...kinds].toSorted()).toEqual([...blowKinds].toSorted());
});

test.each(seeds)("seed %d: two blows at once strike different nodes, in different ways", (seed) => {
  const pairs = first(200, seed).filter(({ blows }) => blows.length === 2);
  expect(pairs.length).toBeGreaterThan(10);
  for (const { blows } of pairs) {
    expect(new Set(blows.map(({ kind }) => kind)).size).toBe(2);
    const nodes = blows.map(nodeOf).filter((node) => node !== undefined);
    expect(new Set(nodes).size).toBe(nodes.length);
  }
});

test("every blow has words of its own", () => {
  const words = first(60, 1).flatMap(({ blows }) => blows.map(wordsOf));
  for (const text of words) expect(text).toMatch(/n[123]|etcd|kube-/);
});
