import type {
  Claim,
  NodeLocalStorage,
  PodPlacement,
  VolumeEntry,
  VolumeStatus,
} from "@stowage/api";
import { keyOf, volumeNameOf } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { byName } from "../output/by-name.ts";
import { volumeRemedies } from "../remedies.ts";
import type { UsedRoom } from "./used-room.ts";

type VolumeRow = {
  readonly namespace: string;
  readonly claim: string;
  readonly pods: readonly string[];
  readonly node?: string | undefined;
  readonly group?: string | undefined;
  /** The name of the logical volume, and of its PersistentVolume. */
  readonly volume?: string | undefined;
  /** The logical volume's, or what was asked for while there is none. */
  readonly size: Bytes;
  /** In the mounted file system. */
  readonly used?: Bytes | undefined;
  readonly usable?: Bytes | undefined;
  /** As the agent reports it; Waiting before any node has promised room, Promised before a report. */
  readonly state: VolumeStatus["state"] | "Waiting" | "Promised";
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly remedy?: string | undefined;
};

export type VolumesView = { readonly volumes: readonly VolumeRow[] };

export type VolumesSeen = {
  readonly groups: readonly NodeLocalStorage[];
  /** Claims of Stowage's classes. */
  readonly claims: readonly Claim[];
  readonly pods: readonly PodPlacement[];
  readonly rooms: ReadonlyMap<string, UsedRoom>;
};

type Place = {
  readonly group: NodeLocalStorage;
  readonly entry: VolumeEntry;
};

/** Every claim of Stowage's and every volume in a ledger, whichever of the two there is. */
export const volumesView = ({ groups, claims, pods, rooms }: VolumesSeen): VolumesView => {
  const places = new Map(
    groups.flatMap((group) =>
      group.spec.volumes.map((entry): [string, Place] => [entry.name, { group, entry }]),
    ),
  );
  const podsOf = (key: string): string[] =>
    pods
      .filter(({ metadata, claimNames }) =>
        claimNames.some((name) => `${metadata.namespace}/${name}` === key),
      )
      .map(({ metadata }) => metadata.name)
      .toSorted();
  const rows = claims.map((claim): VolumeRow => {
    const name = claim.spec.volumeName || volumeNameOf(claim.metadata.uid);
    const place = places.get(name);
    places.delete(name);
    const key = keyOf(claim);
    const { namespace, name: claimName } = claim.metadata;
    const about = { namespace, claim: claimName, pods: podsOf(key) };
    if (place === undefined) {
      return {
        ...about,
        ...(claim.selectedNode === undefined ? {} : { node: claim.selectedNode }),
        size: claim.spec.request,
        state: "Waiting",
      };
    }
    return { ...about, ...whereabouts(place), ...roomIn(rooms.get(key)) };
  });
  return { volumes: [...rows, ...[...places.values()].map(unclaimed)].toSorted(inOrder) };
};

/** Of an entry whose claim is gone, or never was. */
const unclaimed = (place: Place): VolumeRow => ({
  namespace: place.entry.claim?.namespace ?? "",
  claim: place.entry.claim?.name ?? "",
  pods: [],
  ...whereabouts(place),
});

const inOrder = (a: VolumeRow, b: VolumeRow): number =>
  byName(a.namespace, b.namespace) ||
  byName(a.claim, b.claim) ||
  byName(a.volume ?? "", b.volume ?? "");

const whereabouts = ({ group, entry }: Place) => {
  const status = group.status.volumes.find(({ name }) => name === entry.name);
  return {
    node: group.spec.nodeName,
    group: group.spec.volumeGroup,
    volume: entry.name,
    size: status?.size ?? entry.size,
    state: status?.state ?? (entry.delete === true ? "Deleting" : "Promised"),
    reason: status?.reason,
    message: status?.message,
    remedy: volumeRemedies[status?.reason ?? ""],
  } as const;
};

const roomIn = (room: UsedRoom | undefined) =>
  room === undefined ? {} : { used: room.used, usable: room.capacity };
