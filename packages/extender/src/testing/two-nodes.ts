import { gib } from "@stowage/capacity";
import { makeWorld, see, seeNodes } from "./harness.ts";
import { claim, podWith, storage } from "./objects.ts";

/** n1 is empty; n2 has no room for the pod's claim. */
export const twoNodesOneFull = (): ReturnType<typeof makeWorld> => {
  const world = makeWorld();
  seeNodes(world, "n1", "n2");
  see(world, {
    storages: [storage({ node: "n2", volumes: [{ uid: "x", size: gib(9) }] })],
    claims: [claim({ name: "a" })],
  });
  return world;
};

export const web = podWith("web", ["a"]);
/** A pod without claims. */
export const plain = { metadata: { name: "plain", namespace: "shop", uid: "u" }, spec: {} };
/** Why n2 does not take it. */
export const words = "needs 3 GiB in fast, 1 GiB free of 10 GiB (9 GiB booked)";
