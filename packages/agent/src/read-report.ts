import type { Command, LvmErrorCode, LvmRunner, Report } from "@stowage/lvm";
import { LvmError, parseReport, runChecked } from "@stowage/lvm";

const nothing: Report = { groups: [], loneDevices: [] };

/**
 * What LVM knows of these devices. One whose metadata is damaged can make the whole report fail: then
 * each is read by itself, and what cannot be read is left out, so that the groups on the others go on.
 * @throws LvmError when it is not the fault of some of the devices; of all of them, where they are `needed`.
 */
export const readReport = async (
  run: LvmRunner,
  ask: (devices: readonly string[]) => Command,
  devices: readonly string[],
  use: "needed" | "welcome",
): Promise<Report> => {
  const read = async (some: readonly string[]): Promise<Report | LvmError> => {
    if (some.length === 0) return nothing;
    try {
      return parseReport(await runChecked(run, ask(some)));
    } catch (error) {
      if (error instanceof LvmError && faultsOfDevices.has(error.code)) return error;
      throw error;
    }
  };
  const together = await read(devices);
  if (!(together instanceof LvmError)) return together;
  const readable: string[] = [];
  for (const path of devices) {
    if (!((await read([path])) instanceof LvmError)) readable.push(path);
  }
  if (readable.length === 0 && use === "welcome") return nothing;
  const apart = readable.length === devices.length ? together : await read(readable);
  if (apart instanceof LvmError || readable.length === 0) throw together;
  return apart;
};

const faultsOfDevices: ReadonlySet<LvmErrorCode> = new Set(["lvm_failed", "report_invalid"]);
