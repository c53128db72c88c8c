import { expect, test } from "vitest";
import { storageOf } from "./cached.ts";
import { filter, makeWorld, see, seeNodes } from "./testing/harness.ts";
import { claim, podWith, storage } from "./testing/objects.ts";

test("nodes that report one physical volume are refused in words that name the other, until one of them does not", async () => {
  const world = makeWorld();
  seeNodes(world, "n1", "n2", "n3");
  const first = storage({ node: "n1", devices: ["uuid-1"] });
  see(world, {
    storages: [first, storage({ node: "n2", devices: ["uuid-2", "uuid-1"] })],
    claims: [claim({ name: "a" })],
  });
  const pod = podWith("web", ["a"]);
  const before = await filter(world, pod, ["n1", "n2", "n3"]);
  expect(before.NodeNames).toEqual(["n3"]);
  expect(before.FailedAndUnresolvableNodes).toEqual({
    n1: expect.stringContaining("node n2 reports its physical volume uuid-1 too"),
    n2: expect.stringContaining("node n1 reports its physical volume uuid-1 too"),
  });
  see(world, { storages: [storage({ node: "n2", devices: ["uuid-2"] })] });
  expect((await filter(world, pod, ["n1", "n2", "n3"])).NodeNames).toEqual(["n1", "n2", "n3"]);
  see(world, { storages: [storage({ node: "n3", devices: ["uuid-1"] })] });
  expect((await filter(world, pod, ["n1", "n2", "n3"])).NodeNames).toEqual(["n2"]);
  world.cluster.seeStorage({ kind: "gone", object: storageOf(storage({ node: "n3" })) });
  expect((await filter(world, pod, ["n1", "n2"])).NodeNames).toEqual(["n1", "n2"]);
});
