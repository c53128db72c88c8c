import type { Group, GroupState } from "@stowage/capacity";
import { mib, noBytes } from "@stowage/capacity";
import type { NodeLocalStorage } from "./node-local-storage.ts";

/** LVM's own default, for an object that no agent has reported on yet; it has no room then. */
const defaultExtentSize = mib(4);

/** The object as the ledger that `capacity` computes with. */
export const groupOf = ({ spec, status }: NodeLocalStorage): Group => ({
  node: spec.nodeName,
  volumeGroup: spec.volumeGroup,
  state: stateOf(spec, status),
  extentSize: status.extentSize ?? defaultExtentSize,
  size: status.capacity ?? noBytes,
  allocatable: status.allocatable ?? noBytes,
  reservations: spec.volumes,
});

const stateOf = (
  spec: NodeLocalStorage["spec"],
  status: NodeLocalStorage["status"],
): GroupState => {
  if (spec.cordoned) return { kind: "cordoned" };
  const ready = status.conditions.find(({ type }) => type === "Ready");
  if (ready === undefined) return { kind: "not_ready", message: "its agent has not reported yet" };
  return ready.status === "True"
    ? { kind: "ready" }
    : { kind: "not_ready", message: ready.message };
};
