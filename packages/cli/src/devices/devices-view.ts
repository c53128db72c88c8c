import type { DeviceStatus, NodeLocalStorage } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { byName } from "../output/by-name.ts";
import { deviceRemedies } from "../remedies.ts";

type DeviceRow = {
  readonly node: string;
  readonly group: string;
  readonly device: string;
  readonly kernelName?: string | undefined;
  readonly size?: Bytes | undefined;
  readonly serial?: string | undefined;
  readonly state: DeviceStatus["state"] | "Unknown";
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly remedy?: string | undefined;
};

export type DevicesView = { readonly devices: readonly DeviceRow[] };

/** What the agents say of every device that a spec names or matches, or that a group lies on. */
export const devicesView = (groups: readonly NodeLocalStorage[]): DevicesView => ({
  devices: groups
    .flatMap(({ spec, status }) => {
      const { nodeName: node, volumeGroup: group } = spec;
      const reported = new Set(status.devices.map(({ path }) => path));
      const unreported = spec.devices.filter(({ path }) => !reported.has(path));
      return [
        ...status.devices.map(({ path, kernelName, size, serial, state, reason, message }) => ({
          node,
          group,
          device: path,
          kernelName,
          size,
          serial,
          state,
          reason,
          message,
          remedy: deviceRemedies[reason ?? ""],
        })),
        ...unreported.map(({ path }) => ({
          node,
          group,
          device: path,
          state: "Unknown" as const,
          reason: "NotReported",
          message: "the agent has not reported on it yet",
        })),
      ];
    })
    .toSorted(
      (a, b) => byName(a.node, b.node) || byName(a.group, b.group) || byName(a.device, b.device),
    ),
});
