import { identityOf } from "@stowage/lvm";
import type {
  Observed,
  ObservedClaim,
  ObservedDisk,
  ObservedGroup,
  ObservedPod,
  ObservedVolume,
} from "./observed.ts";

/*
 * What must hold once nothing fails any more: claims, PersistentVolumes, entries and logical volumes
 * are one to one, with sizes and tags that agree; nothing is left behind; what is reported is what LVM
 * says; and nobody waits who could be served. Pure: what it is about was looked at before.
 */

/** All that is wrong, a sentence each. */
export const audit = (observed: Observed): string[] => [
  ...observed.claims.flatMap((claim) => ofClaim(claim, observed)),
  ...observed.pods.flatMap((pod) => ofPod(pod, observed)),
  ...observed.volumes.flatMap((volume) => ofVolume(volume, observed)),
  ...observed.groups.flatMap((group) => ofGroup(group, observed)),
  ...observed.disks.flatMap((disk) => ofDisk(disk, observed)),
];

const ofClaim = (claim: ObservedClaim, observed: Observed): string[] => {
  const { key } = claim;
  if (claim.isDeleting) return [`claim ${key} is deleted and stays`];
  const volumes = observed.volumes.filter(({ claimUid }) => claimUid === claim.uid);
  if (claim.phase !== "Bound") {
    return volumes.length === 0
      ? []
      : [`claim ${key} is ${claim.phase}, and ${namesOf(volumes)} was made for it`];
  }
  const [volume] = volumes;
  if (volume === undefined) return [`claim ${key} is bound, and ${claim.volume} is gone`];
  if (volumes.length > 1) return [`claim ${key} has several volumes: ${namesOf(volumes)}`];
  const problems: string[] = [];
  if (claim.volume !== volume.name) {
    problems.push(`claim ${key} is bound to ${claim.volume}, and ${volume.name} is for it`);
  }
  const { groupName } = placeOf(volume);
  const disk = observed.disks.find(
    (other) => other.node === volume.node && other.volumeGroup === groupName,
  );
  const lv = disk?.volumes.find(({ name }) => name === volume.name);
  if (lv !== undefined && claim.has > lv.size) {
    problems.push(`claim ${key} is told ${claim.has} bytes, and ${lv.name} has ${lv.size}`);
  }
  if (
    claim.has < claim.asked &&
    hasRoom(groupOn(volume.node, observed), [claim.asked - claim.has])
  ) {
    problems.push(
      `claim ${key} asks for ${claim.asked} bytes, has ${claim.has}, and there is room`,
    );
  }
  return problems;
};

/** A pod waits rightly only while no node has the room for all of its claims that are unbound. */
const ofPod = (pod: ObservedPod, observed: Observed): string[] => {
  if (pod.isDeleting) return [`pod ${pod.key} is deleted and stays`];
  if (pod.phase === "Running") return [];
  const claims = observed.claims.filter(({ key }) => pod.claims.includes(key));
  if (claims.length < pod.claims.length) return [`pod ${pod.key} waits for a claim that is gone`];
  const unbound = claims.filter(({ phase }) => phase !== "Bound");
  if (unbound.length === 0) return [`pod ${pod.key} is ${pod.phase} though its claims are bound`];
  const room = observed.groups.find((group) =>
    hasRoom(
      group,
      unbound.map(({ asked }) => asked),
    ),
  );
  return room === undefined
    ? []
    : [`pod ${pod.key} waits, and ${room.node} has ${room.free} bytes for it`];
};

const hasRoom = (group: ObservedGroup | undefined, sizes: readonly number[]): boolean => {
  if (group === undefined || group.isCordoned || group.whyNotReady !== "") return false;
  const { extentSize, free } = group;
  const need = sizes.reduce((total, size) => total + Math.ceil(size / extentSize) * extentSize, 0);
  return free >= need;
};

const groupOn = (node: string, { groups }: Observed): ObservedGroup | undefined =>
  groups.find((group) => group.node === node);

const placeOf = ({ path }: ObservedVolume): { groupName: string; lvName: string } => {
  const [, , groupName = "", lvName = ""] = path.split("/");
  return { groupName, lvName };
};

const ofVolume = (volume: ObservedVolume, observed: Observed): string[] => {
  const { name } = volume;
  if (volume.isDeleting) return [`PersistentVolume ${name} is deleted and stays`];
  const problems: string[] = [];
  if (volume.phase !== "Bound") problems.push(`PersistentVolume ${name} is ${volume.phase}`);
  if (!observed.claims.some(({ uid }) => uid === volume.claimUid)) {
    problems.push(`PersistentVolume ${name} is for a claim that is gone`);
  }
  const { groupName, lvName } = placeOf(volume);
  const entry = groupOn(volume.node, observed)?.entries.find((one) => one.name === name);
  if (entry === undefined) problems.push(`PersistentVolume ${name} has no entry on ${volume.node}`);
  else if (entry.claimUid !== volume.claimUid) {
    problems.push(`PersistentVolume ${name} and its entry are of different claims`);
  }
  const lv = observed.disks
    .find((disk) => disk.node === volume.node && disk.volumeGroup === groupName)
    ?.volumes.find((one) => one.name === lvName);
  if (lv === undefined) {
    problems.push(`PersistentVolume ${name} has no logical volume on ${volume.node}`);
  } else if (lv.size < volume.size) {
    problems.push(`PersistentVolume ${name} has ${volume.size} bytes, its volume ${lv.size}`);
  }
  const twins = observed.volumes.filter(
    (other) => other.name !== name && other.node === volume.node && other.path === volume.path,
  );
  if (twins.length > 0)
    problems.push(`PersistentVolumes ${name} and ${namesOf(twins)} share a volume`);
  return problems;
};

const ofGroup = (group: ObservedGroup, observed: Observed): string[] => {
  const { node, volumeGroup } = group;
  const where = `${node}.${volumeGroup}`;
  const problems: string[] = [];
  if (group.whyNotReady !== "") problems.push(`${where} is not Ready: ${group.whyNotReady}`);
  if (group.report !== "current") problems.push(`the report on ${where} is ${group.report}`);
  for (const name of group.orphans) problems.push(`${where} reports the orphan ${name}`);
  for (const entry of group.entries) problems.push(...ofEntry(entry, group, observed));
  const disk = observed.disks.find((one) => one.node === node && one.volumeGroup === volumeGroup);
  if (disk === undefined) return [...problems, `${where} has no volume group on its node`];
  if (group.capacity !== disk.size) {
    problems.push(`${where} reports ${group.capacity} bytes, and LVM says ${disk.size}`);
  }
  if (group.free !== disk.free) {
    problems.push(`${where} reports ${group.free} bytes free, and LVM says ${disk.free}`);
  }
  for (const { storageClass, size } of observed.capacities.filter((one) => one.node === node)) {
    if (size !== (group.isCordoned ? 0 : group.free)) {
      problems.push(
        `${size} bytes of ${where} are published for ${storageClass}, of ${group.free}`,
      );
    }
  }
  return problems;
};

const ofEntry = (
  { name, claimUid, size, state }: ObservedGroup["entries"][number],
  { node, volumeGroup, seen }: ObservedGroup,
  observed: Observed,
): string[] => {
  const what = `the entry of ${name} on ${node}`;
  if (state === "tombstone") return [`${what} is a tombstone and stays`];
  const problems: string[] = [];
  if (state === "pending") problems.push(`${what} stays pending`);
  if (!observed.volumes.some((volume) => volume.name === name && volume.node === node)) {
    problems.push(`${what} has no PersistentVolume`);
  }
  const lv = observed.disks
    .find((disk) => disk.node === node && disk.volumeGroup === volumeGroup)
    ?.volumes.find((one) => one.name === name);
  if (lv === undefined) problems.push(`${what} has no logical volume`);
  else {
    if (lv.size < size) problems.push(`${what} has ${size} bytes, its volume ${lv.size}`);
    const report = seen.find((one) => one.name === name);
    if (report?.state !== "Ready" || report.size !== lv.size) {
      problems.push(`${what} is reported ${report?.state} with ${report?.size} bytes`);
    }
    if (identityOf(lv.tags)?.claim?.uid !== claimUid) {
      problems.push(`${what} and the tags of its volume are of different claims`);
    }
  }
  return problems;
};

const ofDisk = (disk: ObservedDisk, observed: Observed): string[] =>
  disk.volumes.flatMap(({ name, tags }) => {
    const group = groupOn(disk.node, observed);
    const problems: string[] = [];
    if (group?.entries.every((entry) => entry.name !== name) !== false) {
      problems.push(`logical volume ${name} on ${disk.node} has no entry`);
    }
    if (identityOf(tags)?.volume !== name) {
      problems.push(`logical volume ${name} on ${disk.node} is not tagged as such`);
    }
    return problems;
  });

const namesOf = (volumes: readonly { readonly name: string }[]): string =>
  volumes.map(({ name }) => name).join(", ");
