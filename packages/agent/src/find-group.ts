import type { NodeLocalStorageSpec } from "@stowage/api";
import type { Report, VolumeGroup } from "@stowage/lvm";
import { isOnNode, nodesOf } from "@stowage/lvm";
import type { DeviceSeen, Evidence, GroupSeen } from "./observation.ts";

/** What makes a group an object's own. */
export type Claim = {
  readonly volumeGroup: string;
  readonly node: string;
  /** Devices that spec names or matches, by device number. */
  readonly origins: ReadonlyMap<string, DeviceSeen["origin"]>;
  /** UUIDs of the physical volumes of the group as it was last reported. */
  readonly reported: ReadonlySet<string>;
  /** Whatever: spec says nothing about devices, so that the group may lie anywhere. */
  readonly place: "devices_of_spec" | "whatever";
};

export const claimOf = (
  { volumeGroup, nodeName, devices, match }: NodeLocalStorageSpec,
  origins: ReadonlyMap<string, DeviceSeen["origin"]>,
  reported: ReadonlySet<string>,
): Claim => ({
  volumeGroup,
  node: nodeName,
  origins,
  reported,
  place: devices.length === 0 && match === undefined ? "whatever" : "devices_of_spec",
});

/**
 * The object's own group among all that were seen. Its name and its tags never make it that: whoever
 * writes to a disk writes both. They only take away: what bears another node's tag is not this one's.
 */
export const findGroup = (
  { groups }: Report,
  claim: Claim,
): Exclude<GroupSeen, { kind: "not_seen" }> => {
  const called = groups.filter(({ name }) => name === claim.volumeGroup);
  for (const evidence of ["reported", "named", "matched", "name"] as const) {
    const found = called.filter((group) => evidenceFor(group, claim) === evidence);
    const [group, ...others] = found;
    if (group === undefined) continue;
    return others.length === 0
      ? { kind: "present", group, evidence }
      : { kind: "ambiguous", uuids: found.map(({ uuid }) => uuid) };
  }
  return called.length === 0 ? { kind: "absent" } : { kind: "others", groups: called };
};

/** The best evidence that a group of the name is the object's; undefined when there is none. */
const evidenceFor = (group: VolumeGroup, claim: Claim): Evidence | undefined => {
  const { node, origins, reported, place } = claim;
  const nodes = nodesOf(group.tags);
  if (nodes.some((name) => name !== node) || isOfHosts(group)) return undefined;
  const devices = group.physicalVolumes.filter(isOnNode);
  if (devices.some(({ uuid }) => reported.has(uuid))) return "reported";
  const found = devices.map(({ deviceNumber }) => origins.get(deviceNumber));
  const isNamed = found.includes("named");
  if (nodes.length > 0 && isNamed) return "named";
  // There was a group, and this one has nothing of it: only who names it and tags it means it.
  if (reported.size > 0) return undefined;
  if (nodes.length > 0 && found.includes("matched")) return "matched";
  const isAllNamed = found.every((origin) => origin === "named") && group.missingDevices === 0;
  if (isNamed && isAllNamed) return "named";
  return place === "whatever" ? "name" : undefined;
};

/** Whether LVM keeps the group for another host, or for several. */
const isOfHosts = ({ lockType, systemId }: VolumeGroup): boolean =>
  lockType !== undefined || systemId !== undefined;
