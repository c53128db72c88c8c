import { hostFiles, lvmSettings, lvmVersion, utilLinuxVersion } from "./argv/host.ts";
import { runChecked } from "./checked.ts";
import type { LvmRunner } from "./command.ts";
import { LvmError } from "./errors.ts";
import type { HostMode } from "./run.ts";

/** What kind of host LVM runs on. */
export type HostFacts = {
  /** As `lvm version` has it: "2.03.16(2)". */
  readonly lvmVersion: string;
  /** Devices: LVM can be confined by --devices. Filter: only by a filter, as before 2.03.12. */
  readonly confinement: "devices" | "filter";
  /** Waits: udev tells LVM that a device node is there. Alone: nobody would, so LVM makes it. */
  readonly udev: "waits" | "alone";
  readonly devicesFile: "used" | "unused";
  readonly lvmlockd: "wanted" | "unused";
  /** How the host names itself in groups; "none" when it does not. */
  readonly systemIdSource: string;
  /** What may be activated at all; undefined without such a list. */
  readonly volumeList: readonly string[] | undefined;
  readonly archiveFolder: string | undefined;
};

const leastLvm = [2, 3, 0];
const firstWithDevices = [2, 3, 12];
const leastUtilLinux = [2, 33];

/**
 * Asks the host.
 * @throws LvmError; `host_outdated` where its tools are too old to be used at all.
 */
export const readHostFacts = async (run: LvmRunner, mode: HostMode): Promise<HostFacts> => {
  const lvm = parseVersion("lvm", await runChecked(run, lvmVersion()));
  const tools = parseVersion("util-linux", await runChecked(run, utilLinuxVersion()));
  if (isBefore(lvm.numbers, leastLvm)) throw outdated(`LVM ${lvm.text}`, "2.03.12");
  if (isBefore(tools.numbers, leastUtilLinux)) throw outdated(`util-linux ${tools.text}`, "2.33");
  const settings = parseSettings(await runChecked(run, lvmSettings()));
  const rules = await runChecked(run, hostFiles(mode));
  return {
    lvmVersion: lvm.text,
    confinement: isBefore(lvm.numbers, firstWithDevices) ? "filter" : "devices",
    udev: rules.includes("dm-notify.rules") ? "waits" : "alone",
    devicesFile: settings.get("use_devicesfile")?.[0] === "1" ? "used" : "unused",
    lvmlockd: settings.get("use_lvmlockd")?.[0] === "1" ? "wanted" : "unused",
    systemIdSource: settings.get("system_id_source")?.[0] ?? "none",
    volumeList: settings.get("volume_list"),
    archiveFolder:
      settings.get("archive")?.[0] === "0" ? undefined : settings.get("archive_dir")?.[0],
  };
};

const outdated = (what: string, least: string): LvmError =>
  new LvmError("host_outdated", {
    command: "look at the host",
    detail: `the node has ${what}, and ${least} is the least that Stowage works with`,
  });

type Version = { readonly text: string; readonly numbers: readonly number[] };

/** "LVM version:     2.03.16(2) (2022-05-18)", "lsblk from util-linux 2.38.1". */
const parseVersion = (what: "lvm" | "util-linux", output: string): Version => {
  const pattern = what === "lvm" ? /LVM version:\s*(?<text>\S+)/ : /util-linux\s+(?<text>\S+)/;
  const text = pattern.exec(output)?.groups?.["text"];
  const numbers = /^[\d.]+/
    .exec(text ?? "")?.[0]
    .split(".")
    .map(Number);
  if (text === undefined || numbers === undefined) {
    throw new LvmError("host_outdated", {
      command: "look at the host",
      detail: `the node's ${what === "lvm" ? "lvm" : "lsblk"} tells no version of ${what}`,
    });
  }
  return { text, numbers };
};

const isBefore = (version: readonly number[], least: readonly number[]): boolean => {
  for (const [index, number] of least.entries()) {
    const other = version[index] ?? 0;
    if (other !== number) return other < number;
  }
  return false;
};

/** `archive=1`, `volume_list=["other","@tag"]`: one in a line, as lvmconfig prints them. */
export const parseSettings = (output: string): ReadonlyMap<string, readonly string[]> =>
  new Map(
    output.split("\n").flatMap((line): [string, string[]][] => {
      const { name, value } = /^\s*(?<name>\w+)=(?<value>.*)$/.exec(line)?.groups ?? {};
      if (name === undefined || value === undefined) return [];
      const words = [...value.matchAll(/"(?<word>(?:[^"\\]|\\.)*)"/g)].map(
        ({ groups }) => groups?.["word"] ?? "",
      );
      return [[name, words.length > 0 || value === "[]" ? words : [value]]];
    }),
  );
