import { nodeLocalStorageName } from "@stowage/api";
import type { Action } from "./actions.ts";
import { isGoing } from "./cluster.ts";
import { doAsAdmin } from "./actors/admin.ts";
import { doAsAdversary } from "./actors/adversary.ts";
import { doAsUser } from "./actors/user.ts";
import type { Host } from "./host.ts";
import type { GroupWire, PodWire, ClaimWire } from "./wire.ts";
import type { World } from "./world.ts";

/** Where the users' objects are. */
export const userNamespace = "shop";
/** The volume group that every node has. */
export const groupName = "fast";

/** What those who act remember. */
export type Notes = {
  /** How many pods were made. */
  pods: number;
  /** How many volumes an admin has entered by hand. */
  entered: number;
  /** What an admin once saved to a file, by name. */
  readonly saved: Map<string, GroupWire>;
};

/** Carries out one action of users, admins or the adversary. */
export const carryOutAction = (action: Action, world: World, notes: Notes): void => {
  switch (action.by) {
    case "user":
      doAsUser(action, world, notes);
      return;
    case "admin":
      doAsAdmin(action, world, notes);
      return;
    case "adversary":
      doAsAdversary(action, world);
  }
};

/** One of those there are now, whatever the number. */
export const pickNth = <T>(list: readonly T[], nth: number): T | undefined =>
  list[nth % Math.max(1, list.length)];

export const userPods = ({ cluster }: World): PodWire[] =>
  cluster.all("pods").filter((pod) => pod.metadata.namespace === userNamespace && !isGoing(pod));

export const livingClaims = ({ cluster }: World): ClaimWire[] =>
  cluster.all("persistentvolumeclaims").filter((claim) => !isGoing(claim));

export const nthHost = ({ hosts }: World, nth: number): Host | undefined =>
  pickNth([...hosts.values()], nth);

export const nthGroup = (world: World, nth: number): GroupWire | undefined =>
  world.cluster.get(
    "nodelocalstorages",
    nodeLocalStorageName(nthHost(world, nth)?.name ?? "", groupName),
  );
