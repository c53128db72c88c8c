import type {
  ClaimReference,
  NodeLocalStorageStatus,
  NodeLocalStorageStatusWire,
} from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { formatQuantity } from "@stowage/capacity";

/**
 * The status as the API server has it. Fields come in a fixed order, so that equal statuses are equal
 * as text.
 */
export const statusWire = (status: NodeLocalStorageStatus): NodeLocalStorageStatusWire => ({
  observedGeneration: status.observedGeneration,
  conditions: status.conditions.map(
    ({ type, status: value, reason, message, lastTransitionTime, observedGeneration }) => ({
      type,
      status: value,
      reason,
      message,
      lastTransitionTime,
      ...optional({ observedGeneration }),
    }),
  ),
  ...sizes({
    extentSize: status.extentSize,
    capacity: status.capacity,
    allocatable: status.allocatable,
    free: status.free,
  }),
  ...optional({ volumeCount: status.volumeCount }),
  devices: status.devices.map(({ path, state, size, ...more }) => {
    const { id, kernelName, serial, erased, erasing, reason, message } = more;
    return {
      path,
      state,
      ...sizes({ size }),
      ...optional({ id, kernelName, serial, erased, erasing, reason, message }),
    };
  }),
  volumes: status.volumes.map(({ name, state, size, wiped, path, reason, message }) => ({
    name,
    state,
    ...sizes({ size, wiped }),
    ...optional({ path, reason, message }),
  })),
  orphans: status.orphans.map(({ name, size, claim, state }) => ({
    name,
    size: formatQuantity(size),
    ...optional({ claim: claim === undefined ? undefined : claimWire(claim), state }),
  })),
});

const claimWire = ({ namespace, name, uid }: ClaimReference): ClaimReference => ({
  namespace,
  name,
  uid,
});

/** Leaves out what is undefined. */
const optional = <T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };

const sizes = <K extends string>(fields: Record<K, Bytes | undefined>): { [P in K]?: string } =>
  Object.fromEntries(
    Object.entries<Bytes | undefined>(fields).flatMap(([key, size]) =>
      size === undefined ? [] : [[key, formatQuantity(size)]],
    ),
  ) as { [P in K]?: string };
