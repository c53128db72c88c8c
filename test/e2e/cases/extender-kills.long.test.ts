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
 * back; what it comes to must be the same. Case 7 is about an extender that is away anyway, case 8
 * has its own cluster: many-nodes.long.test.ts.
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
  { name: "case 1: of ten claims at once that fit six times, six run", run: burst },
  { name: "case 2: two claims go only where both fit together", run: pairInOneGroup },
  { name: "case 2: claims in two groups are judged group by group", run: pairInTwoGroups },
  { name: "case 3: room held for a pod that was never bound is free again", run: neverBound },
  { name: "case 4: a node that proves full is not chosen again", run: provesFull },
  { name: "case 6: pods without our unbound claims pass", run: notAsked },
  { name: "case 9: a pod and its claim made anew run", run: madeAnew },
  { name: "case 10: an urgent pod that finds no room evicts nobody", run: urgent },
  { name: "case 11: an ephemeral volume counts, and goes with its pod", run: ephemeralVolumes },
  { name: "case 12: a pending pod's event says why", run: whyPending },
  // The last one: the group keeps its second disk.
  { name: "case 5: a pod that waits runs soon after a disk is added", run: groupGrows },
])("$name, while replicas die", ({ run }) =>
  whileReplicasDie(world.cluster, () => run(world, group)),
);
