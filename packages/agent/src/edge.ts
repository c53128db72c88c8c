import type { NodeLocalStorage, NodeLocalStorageStatusWire } from "@stowage/api";
import type { Clock, Milliseconds } from "@stowage/clock";
import type { Log } from "@stowage/kube";
import type { LvmRunner } from "@stowage/lvm";
import type { HostSeen } from "./host.ts";
import type { ObserveOperation } from "./metrics.ts";

/** What the reconciler needs of the world. */
export type Edge = {
  readonly clock: Clock;
  readonly run: LvmRunner;
  readonly log: Log;
  /**
   * What is known of the host; seldom asked anew.
   * @throws LvmError
   */
  readonly host: () => Promise<HostSeen>;
  /** The newest NodeLocalStorage that is known, by its name. */
  readonly find: (name: string) => NodeLocalStorage | undefined;
  /**
   * Puts a status in place of the object's, unless the object has been deleted meanwhile, with or
   * without another one under its name.
   */
  readonly report: (
    object: NodeLocalStorage,
    status: NodeLocalStorageStatusWire,
  ) => Promise<"written" | "gone">;
  /** Asks for another look at an object: something in the background has changed. */
  readonly wake: (name: string) => void;
  /** Told of each status that is in force. */
  readonly reported: (object: NodeLocalStorage) => void;
  readonly observe: ObserveOperation;
  readonly nodeName: string;
  /** After how long a look is no longer trusted. */
  readonly scanPeriod: Milliseconds;
  /** For how long a disk that only matches must have been seen empty before it is used. */
  readonly settleTime: Milliseconds;
};
