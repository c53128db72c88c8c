import { afterAll, afterEach, beforeAll, test } from "vitest";
import { whileReplicasDie } from "../src/dying-replicas.ts";
import {
  burst,
  ephemeralVolumes,
  groupGrows,
  madeAnew,
  neverBound,
  notAsked,
  pairInOneGroup,
  pairInTwoGroups,
  placementClass,
  provesFull,
  urgent,
  whyPending,
} from "../src/placement-cases.ts";
import { World } from "../src/world.ts";

/*
 * The scheduling cases once more, with the extender's replicas killed one after the other. While none
 * is there kube-scheduler goes on by itself, so that a claim may be sent to a full node, and be taken
 * back; what it comes to must be the same. An extender that is away anyway is in
 * extender-placement.long.test.ts, a thousand nodes are in many-nodes.long.test.ts.
 */

const group = "killed";
let world: World;

beforeAll(async () => {
  world = await World.enter("kills");
  await world.storageClass(placementClass(group), ["n1", "n2"]);
});

afterEach(() => world.clear());
afterAll(() => world.leave());

test.for([
  { name: "of ten claims at once that fit six times, six run", run: burst },
  { name: "two claims go only where both fit together", run: pairInOneGroup },
  { name: "claims in two groups are judged group by group", run: pairInTwoGroups },
  { name: "room held for a pod that was never bound is free again", run: neverBound },
  { name: "a node that proves full is not chosen again", run: provesFull },
  { name: "pods without our unbound claims pass", run: notAsked },
  { name: "a pod and its claim made anew run", run: madeAnew },
  { name: "an urgent pod that finds no room evicts nobody", run: urgent },
  { name: "an ephemeral volume counts, and goes with its pod", run: ephemeralVolumes },
  { name: "a pending pod's event says why", run: whyPending },
  // The last one: the group keeps its second disk.
  { name: "a pod that waits runs soon after a disk is added", run: groupGrows },
])("$name, while replicas die", ({ run }) =>
  whileReplicasDie(world.cluster, () => run(world, group)),
);
