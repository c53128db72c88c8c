import type { DeviceStatus, NodeLocalStorage } from "@stowage/api";
import type { JsonPatchOperation } from "@stowage/kube";

/** The path under which the group has a device that is named by its path or by its kernel name. */
export const pathOfDevice = (
  { spec, status }: NodeLocalStorage,
  device: string,
): string | undefined => {
  const asked = device.startsWith("/") ? device : `/dev/${device}`;
  const listed = spec.devices.find(({ path }) => path === asked)?.path;
  return (
    listed ??
    status.devices.find(({ path, kernelName }) => path === asked || kernelName === asked)?.path
  );
};

/** What is to be written so that the agent empties the device, or no longer does. */
export const planWish = (
  { spec }: NodeLocalStorage,
  path: string,
  wish: "evacuate" | "stay",
): JsonPatchOperation[] => {
  const index = spec.devices.findIndex((device) => device.path === path);
  const entry = spec.devices[index];
  if (wish === "stay") {
    return entry?.evacuate === true
      ? [{ op: "remove", path: `/spec/devices/${index}/evacuate` }]
      : [];
  }
  if (entry === undefined) {
    return [{ op: "add", path: "/spec/devices/-", value: { path, evacuate: true } }];
  }
  return entry.evacuate === true
    ? []
    : [{ op: "add", path: `/spec/devices/${index}/evacuate`, value: true }];
};

export type Progress =
  | { readonly kind: "waiting"; readonly words: string }
  | { readonly kind: "moving"; readonly words: string }
  | { readonly kind: "done"; readonly words: string }
  | { readonly kind: "refused"; readonly words: string }
  /** Somebody took the wish back. */
  | { readonly kind: "called_off" };

/** How far the device is, by what its agent reported last. */
export const progressOf = (group: NodeLocalStorage, path: string): Progress => {
  const entry = group.spec.devices.find((device) => device.path === path);
  const status = group.status.devices.find((device) => device.path === path);
  // Once it is out of the group, whoever had it named may take it out of the list.
  if (status?.state === "Evacuated") return { kind: "done", words: wordsOf(status) };
  if (entry?.evacuate !== true) return { kind: "called_off" };
  if (group.status.observedGeneration < group.metadata.generation || status === undefined) {
    return { kind: "waiting", words: "the agent has not looked yet" };
  }
  switch (status.state) {
    case "Evacuating":
      return { kind: "moving", words: wordsOf(status) };
    case "InUse":
      return status.reason === "NotEvacuated"
        ? { kind: "waiting", words: wordsOf(status) }
        : { kind: "refused", words: wordsOf(status) };
    case "Refused":
    case "Missing":
    case "Removed":
      return { kind: "refused", words: wordsOf(status) };
  }
};

const wordsOf = ({ reason, message }: DeviceStatus): string =>
  [reason, message].filter((word) => word !== undefined && word !== "").join(": ");
