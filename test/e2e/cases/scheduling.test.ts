import { afterAll, afterEach, beforeAll, test } from "vitest";
import {
  burst,
  burstNeverFailed,
  notAsked,
  pairInOneGroup,
  pairInTwoGroups,
  placementClass,
  whyPending,
} from "../src/placement-cases.ts";
import { World } from "../src/world.ts";

const group = "burst";
let world: World;

beforeAll(async () => {
  world = await World.enter("scheduling");
  await world.storageClass(placementClass(group), ["n1", "n2"]);
});

afterEach(() => world.clear());
afterAll(() => world.leave());

test("of ten claims at once that fit six times, six run, four wait with the reason, none fails", async () => {
  await burst(world, group);
  await burstNeverFailed(world);
});

test("a pod with two claims goes only where both fit together", () => pairInOneGroup(world, group));

test("claims in two groups are judged group by group", () => pairInTwoGroups(world, group));

test("pods without our claims pass, also those whose bound claim has lost its class", () =>
  notAsked(world, group));

test("a pending pod's event names the group, what is wanted and what is free, or that there is no group", () =>
  whyPending(world, group));
