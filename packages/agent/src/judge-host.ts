import type { VolumeGroup } from "@stowage/lvm";
import type { HostSeen } from "./host.ts";

/** Why a group takes no volumes now. */
export type Refusal = { readonly reason: string; readonly message: string };

/**
 * A list of what may be activated that leaves the group out: a volume would be made and then taken
 * back. Entries: "group", "group/volume", "@tag", and "@*" for the host's own tags, which no report
 * shows. Source: lvm.conf(5), activation/volume_list.
 */
export const refusalOfHost = (
  { name, tags }: Pick<VolumeGroup, "name" | "tags">,
  { volumeList }: HostSeen,
): Refusal | undefined => {
  const names = volumeList?.some(
    (entry) => entry === name || entry === "@*" || tags.some((tag) => entry === `@${tag}`),
  );
  if (names !== false) return undefined;
  return {
    reason: "NotInVolumeList",
    message: `activation/volume_list in the node's lvm.conf (${volumeList?.join(", ")}) leaves ${name} out, so that no volume of it can be activated; name it there, or take the list away`,
  };
};

/** What an admin should know of the host although volumes are made on it. */
export const notesOnHost = ({
  archiveTrouble,
  confinement,
  lvmlockd,
  lvmVersion,
}: HostSeen): string[] => [
  ...(archiveTrouble === undefined
    ? []
    : [`LVM keeps no copies of its metadata here (${archiveTrouble})`]),
  ...(confinement === "filter"
    ? [`LVM ${lvmVersion} knows no --devices, and is confined by a filter; 2.03.12 does`]
    : []),
  ...(lvmlockd === "wanted"
    ? ["global/use_lvmlockd is on in the node's lvm.conf: without lvmlockd no device can be added"]
    : []),
];
