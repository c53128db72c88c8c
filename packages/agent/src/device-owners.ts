import type { Report } from "@stowage/lvm";
import { isOnNode, nodesOf } from "@stowage/lvm";
import type { GroupSeen, Observation, OtherGroup } from "./observation.ts";

/** To which groups other than `ours` devices belong, and which are physical volumes of none. */
export const ownersOfDevices = (
  report: Report,
  ours: GroupSeen,
): Pick<Observation, "otherGroups" | "loneDevices"> => {
  const otherGroups = new Map<string, OtherGroup>();
  for (const group of report.groups) {
    if (ours.kind === "present" && ours.group.uuid === group.uuid) continue;
    const { name, uuid, lockType, systemId } = group;
    const nodes = nodesOf(group.tags);
    for (const device of group.physicalVolumes.filter(isOnNode)) {
      const id = device.uuid;
      otherGroups.set(device.deviceNumber, { name, uuid, nodes, lockType, systemId, id });
    }
  }
  const loneDevices = new Map(
    report.loneDevices.map(({ deviceNumber, membership }) => [deviceNumber, membership]),
  );
  return { otherGroups, loneDevices };
};
