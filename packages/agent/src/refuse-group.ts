import type { DeviceStatus, NodeLocalStorageSpec } from "@stowage/api";
import type { VolumeGroup } from "@stowage/lvm";
import { isOnNode, nodesOf, nodeTag } from "@stowage/lvm";

type Why = { readonly reason: string; readonly message: string };

/**
 * Why no group of the name is the object's, and what an admin does if one is meant.
 * `previous`: the last report on the object's devices.
 */
export const refusalOfOthers = (
  spec: NodeLocalStorageSpec,
  groups: readonly VolumeGroup[],
  previous: readonly DeviceStatus[],
): Why => {
  const known = previous.filter(({ id }) => id !== undefined);
  const ids = new Set(known.map(({ id }) => id));
  const before = groups.find(({ physicalVolumes }) =>
    physicalVolumes.some((device) => isOnNode(device) && ids.has(device.uuid)),
  );
  const [first] = groups;
  const group = before ?? first;
  if (group === undefined) throw new Error("no group to refuse");
  if (before === undefined && known.length > 0) return wordsForSuccessor(spec, group, known);
  return (
    wordsForOwner(spec.nodeName, group) ?? {
      reason: "NotOurs",
      message: `${describeGroup(group)} has the name, and nothing shows that it is this object's; name all its devices in spec.devices if it is, or rename it with vgrename ${group.uuid}`,
    }
  );
};

/** Our group is away, and another one has its name. */
const wordsForSuccessor = (
  { volumeGroup, nodeName }: NodeLocalStorageSpec,
  other: VolumeGroup,
  known: readonly DeviceStatus[],
): Why => ({
  reason: "DevicesMissing",
  message: `${volumeGroup} was on ${known.map(({ path, id }) => `${path} (${id})`).join(", ")} and is not seen there now; bring the disks back. ${describeGroup(other)} is another group of the name; if it is to take the place of the first one, name its devices in spec.devices and run ${markCommand(other, nodeName)}`,
});

/** Of a group that belongs to others, whatever it lies on; undefined if nothing says so. */
const wordsForOwner = (node: string, group: VolumeGroup): Why | undefined => {
  if (group.lockType !== undefined) {
    return {
      reason: "SharedGroup",
      message: `${describeGroup(group)} is shared by several hosts (lock type ${group.lockType}), and Stowage's volumes are one node's; give the node a group of its own`,
    };
  }
  if (group.systemId !== undefined) {
    return {
      reason: "OtherHost",
      message: `${describeGroup(group)} is kept for the host that LVM calls ${group.systemId}, and is not this one's; see lvmsystemid(7) for how to hand it over`,
    };
  }
  const owners = nodesOf(group.tags).filter((name) => name !== node);
  if (owners.length === 0) return undefined;
  return {
    reason: "OtherNode",
    message: `${describeGroup(group)} belongs to node ${owners.join(", ")}, as its tag says, and nothing in it is touched here; once ${owners.join(", ")} cannot reach these disks any more, ${markCommand(group, node)} hands it to ${node}`,
  };
};

const describeGroup = ({ name, uuid, physicalVolumes }: VolumeGroup): string =>
  `volume group ${name} (${uuid}) on ${physicalVolumes
    .filter(isOnNode)
    .map(({ path }) => path)
    .join(", ")}`;

/** How an admin says that a group is a node's. */
const markCommand = ({ name, tags, physicalVolumes }: VolumeGroup, node: string): string =>
  [
    "vgchange",
    ...physicalVolumes.filter(isOnNode).map(({ path }) => `--devices ${path}`),
    ...nodesOf(tags).flatMap((other) => (other === node ? [] : [`--deltag ${nodeTag(other)}`])),
    ...(nodesOf(tags).includes(node) ? [] : [`--addtag ${nodeTag(node)}`]),
    name,
  ].join(" ");
