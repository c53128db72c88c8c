import type { DeviceEntry, DeviceStatus } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { defined } from "./defined.ts";
import type { DeviceVerdict } from "./device-verdict.ts";
import type { Signatures } from "./observation.ts";

/*
 * To erase a device is an act, once for each device and wish. It is told in the status before it
 * begins: which device, and what was found on it. Cut off, it goes on, but only for as long as
 * nothing else has come onto the device. Once that is gone, or the device is used, the wish is spent,
 * until `wipe` is taken off the entry and put on again, or its path leads to another device.
 */

/** What the status says of a wish to erase. */
export type EraseRecord = Partial<Pick<DeviceStatus, "erased" | "erasing">>;

/** What the schema allows of each. */
const longestMark = 128;
const mostMarks = 64;

/** What a device is known by, in the record. */
export const identityOfDevice = (device: {
  readonly serial?: string | undefined;
  readonly size?: Bytes | undefined;
}): string => (device.serial ?? `no serial, ${device.size ?? 0} bytes`).slice(0, longestMark);

/** All that is on a device and its partitions, as the record has it. */
export const marksOf = (...all: readonly Signatures[]): string[] =>
  [...new Set(all.flatMap((read) => (read.kind === "read" ? read.marks : [])))]
    .map((mark) => mark.slice(0, longestMark))
    .toSorted()
    .slice(0, mostMarks);

/** What each of it is. */
export const typesOf = (...all: readonly Signatures[]): string[] => [
  ...new Set(all.flatMap((read) => (read.kind === "read" ? read.types : []))),
];

/** May what is on the device be erased by this wish? */
export const eraseStep = (
  record: EraseRecord | undefined,
  identity: string,
  marks: readonly string[],
): "tell" | "erase" | "spent" => {
  if (record?.erased !== identity) return "tell";
  const { erasing } = record;
  if (erasing === undefined) return "spent";
  return marks.every((mark) => erasing.includes(mark)) ? "erase" : "spent";
};

/** What the next status is to say of an entry's wish. */
export const recordAfter = (
  entry: DeviceEntry | undefined,
  device: DeviceVerdict,
  record: EraseRecord | undefined,
): EraseRecord => {
  if (entry?.wipe !== true) return {};
  switch (device.kind) {
    case "erasable":
      return { erased: device.erased, erasing: [...device.erasing] };
    // Clean or used, it needs no erasing any more, whatever comes onto it later.
    case "usable":
    case "in_use":
      return { erased: identityOfDevice(device) };
    case "refused":
    case "missing":
    case "unlabel":
    case "evacuated":
      return defined({ erased: record?.erased, erasing: record?.erasing });
  }
};
