import { randomFrom } from "@stowage/capacity/testing/random";

/** 0 to count - 1 in an order that the seed decides. */
export const shuffled = (count: number, seed: number): number[] => {
  const random = randomFrom(seed);
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
};
