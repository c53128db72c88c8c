import { devicePathOf } from "@stowage/api";
import type { LvmRunner } from "@stowage/lvm";
import {
  LvmError,
  parseReport,
  parseTargets,
  reportDevices,
  runChecked,
  statPaths,
} from "@stowage/lvm";
import { entanglementOf } from "./dependants.ts";

/**
 * The last look before a condemned volume is overwritten, which may come hours after the one that
 * condemned it: nobody has it open, nothing is built on it, and its path leads to it.
 * @throws LvmError that says what stands in the way.
 */
export const confirmUnused = async (
  run: LvmRunner,
  volumeGroup: string,
  name: string,
  devices: readonly string[],
): Promise<void> => {
  const refuse = (code: ConstructorParameters<typeof LvmError>[0], detail: string): never => {
    throw new LvmError(code, { command: "look before the wipe", detail: `${name}: ${detail}` });
  };
  const { groups } = parseReport(await runChecked(run, reportDevices(volumeGroup, devices)));
  const group = groups.find((other) => other.name === volumeGroup);
  const volume = group?.logicalVolumes.find(
    (other) => other.name === name && other.visibility === "public",
  );
  if (group === undefined || volume === undefined) return refuse("lv_not_found", "it is gone");
  if (volume.use !== "closed") return refuse("lv_in_use", "somebody has opened it meanwhile");
  const entangled = entanglementOf(volume, group);
  if (entangled !== undefined) return refuse("has_dependants", entangled.message);
  const path = devicePathOf(volumeGroup, name);
  const target = parseTargets((await run(statPaths(volumeGroup, [path]))).stdout).get(path);
  if (target?.kind !== "block_device" || target.deviceNumber !== volume.deviceNumber) {
    const found = target?.kind === "block_device" ? target.deviceNumber : "no device";
    refuse("wrong_device", `${path} leads to ${found}, not to ${volume.deviceNumber}`);
  }
};
