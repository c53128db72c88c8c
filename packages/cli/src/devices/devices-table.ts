import { show } from "@stowage/capacity";
import type { Cell, Paint } from "../output/table.ts";
import { none, table } from "../output/table.ts";
import type { DevicesView } from "./devices-view.ts";

type Row = DevicesView["devices"][number];

export const devicesTable = ({ devices }: DevicesView, paint: Paint): string => {
  if (devices.length === 0) return "No devices: no NodeLocalStorage names or matches any.";
  return table(
    ["node", "group", "device", "is", "size", "state", "reason", "message"],
    devices.map(row),
    paint,
  );
};

const row = (device: Row): Cell[] => [
  device.node,
  device.group,
  device.device,
  device.kernelName ?? none,
  device.size === undefined ? none : show(device.size),
  stateOf(device),
  device.reason ?? "",
  device.message ?? "",
];

const stateOf = ({ state }: Row): Cell => {
  switch (state) {
    case "Refused":
    case "Missing":
      return { text: state, style: "red" };
    case "Removed":
    case "Evacuating":
    case "Evacuated":
    case "Unknown":
      return { text: state, style: "yellow" };
    case "InUse":
      return state;
  }
};
