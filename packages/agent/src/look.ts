import type { NodeLocalStorage, NodeLocalStorageSpec } from "@stowage/api";
import { elapsed } from "@stowage/clock";
import type { Edge } from "./edge.ts";
import type { Group } from "./group.ts";
import type { Observation } from "./observation.ts";
import { devicesOf, observe } from "./observe.ts";

/** The last look while it can be trusted, otherwise a new one. */
export const currentObservation = async (
  edge: Edge,
  { spec, status }: NodeLocalStorage,
  group: Group,
): Promise<Observation> => {
  const last = group.observation;
  const wanted = devicesWanted(spec);
  if (
    last !== undefined &&
    elapsed(last.at, edge.clock.moment()) < edge.scanPeriod &&
    wanted === group.observedFor
  ) {
    return last;
  }
  const paths = spec.devices.map(({ path }) => path);
  const known =
    last?.group.kind === "present"
      ? devicesOf(last.group.group.physicalVolumes)
      : status.devices.flatMap(({ state, kernelName }) =>
          (state === "Removed" || (state === "InUse" && paths.length === 0)) &&
          kernelName !== undefined
            ? [kernelName]
            : [],
        );
  group.observation = await observe(edge, spec, known, cleanVolumes(spec, group));
  group.observedFor = wanted;
  // Once a period, what the server has is compared too: somebody may have written over it.
  if (last !== undefined && elapsed(last.at, edge.clock.moment()) >= edge.scanPeriod) {
    group.inForce = undefined;
  }
  return group.observation;
};

/** What a look at devices depends on, as text. */
const devicesWanted = ({ devices, match }: NodeLocalStorage["spec"]): string =>
  JSON.stringify([devices, match]);

/** All but the volumes that are known to be new and unclean. */
const cleanVolumes = (spec: NodeLocalStorageSpec, { unclean }: Group): ReadonlySet<string> =>
  new Set(spec.volumes.map(({ name }) => name).filter((name) => !unclean.has(name)));
