import type { DeviceStatus } from "@stowage/api";
import type { Milliseconds } from "@stowage/clock";
import type { FormatState } from "./formats.ts";
import type { HostSeen } from "./host.ts";
import type { WipeState } from "./wipes.ts";

/** What no look at the node can tell: what was done before, and what is being done. */
export type Memory = {
  readonly host: HostSeen;
  /** The last report on devices: under which path each physical volume was known. */
  readonly previous: readonly DeviceStatus[];
  /** For how long matched disks have been seen empty, by settlingKeyOf. */
  readonly emptyFor: ReadonlyMap<string, Milliseconds>;
  /** How long that has to be before one is used. */
  readonly settleTime: Milliseconds;
  /** Devices whose growth was passed on to LVM, by resizeKey. */
  readonly resized: ReadonlySet<string>;
  /** Needed: devices were away, so that active volumes may lead to where they once were. */
  readonly recovery: "needed" | "none";
  /** Of condemned volumes. */
  readonly wipes: ReadonlyMap<string, WipeState>;
  /** Of new volumes, and of the room by which others are to grow; of this very process only. */
  readonly zeroings: ReadonlyMap<string, WipeState>;
  /** New volumes that this very process has freed of old signatures. */
  readonly freed: ReadonlySet<string>;
  readonly formats: ReadonlyMap<string, FormatState>;
  /** The device from which our own pvmove moves everything away. */
  readonly movingFrom: string | undefined;
};
