import type { NodeLocalStorageSpecWire, VolumeEntryWire } from "@stowage/api";

const keep: VolumeEntryWire = { name: "keep", size: "32Mi", pending: true };
const volume = (size: string, more: Partial<VolumeEntryWire> = {}): VolumeEntryWire => ({
  name: "volume",
  size,
  pending: true,
  ...more,
});

type Wish = Pick<NodeLocalStorageSpecWire, "devices" | "volumes">;
export type Work = (devices: readonly { readonly path: string }[]) => {
  readonly from: Wish;
  readonly to: Wish;
};

/** What an agent does in several steps: from one wish that was met to the next. */
export const works: Readonly<Record<string, Work>> = {
  vgcreate: ([first]) => ({ from: { devices: [] }, to: { devices: listOf(first) } }),
  vgextend: ([first, second]) => ({
    from: { devices: listOf(first), volumes: [keep] },
    to: { devices: listOf(first, second), volumes: [keep] },
  }),
  create: ([first]) => ({
    from: { devices: listOf(first), volumes: [keep] },
    to: { devices: listOf(first), volumes: [keep, volume("64Mi")] },
  }),
  grow: ([first]) => ({
    from: { devices: listOf(first), volumes: [volume("64Mi"), keep] },
    to: { devices: listOf(first), volumes: [volume("128Mi"), keep] },
  }),
  "wipe and remove": ([first]) => ({
    from: { devices: listOf(first), volumes: [keep, volume("64Mi")] },
    to: { devices: listOf(first), volumes: [keep, volume("64Mi", { delete: true })] },
  }),
  evacuate: ([first, second]) => ({
    from: { devices: listOf(first, second), volumes: [keep] },
    to: { devices: [...leaving(first), ...listOf(second)], volumes: [keep] },
  }),
};

const listOf = (...devices: readonly ({ readonly path: string } | undefined)[]) =>
  devices.filter((device) => device !== undefined);

const leaving = (device: { readonly path: string } | undefined) =>
  device === undefined ? [] : [{ path: device.path, evacuate: true as const }];
