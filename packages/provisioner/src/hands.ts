import type { StorageClass } from "@stowage/api";
import type { EventRecorder, KubeClient, Log } from "@stowage/kube";
import type { Attempts } from "./attempts.ts";
import type { LedgerWriter } from "./ledger-writer.ts";
import type { Metrics } from "./metrics.ts";

/** What the steps act on. */
export type Hands = {
  readonly client: KubeClient;
  readonly ledger: LedgerWriter;
  readonly events: EventRecorder;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly storageClass: (name: string) => StorageClass | undefined;
  readonly publishCapacity: (group: string) => Promise<void>;
  readonly attempts: Attempts;
  /**
   * Volumes for which room is being promised, or whose claim's node is being cleared: a pod's other
   * claim may ask for the one while the claim's own plan does the other.
   */
  readonly busy: Set<string>;
  /** Has a volume looked at again. */
  readonly wake: (volume: string) => void;
  /** Has a promised volume given up by its own plan. */
  readonly forsake: (volume: string, why: string) => void;
};

/** Whether the steps that follow may be taken too, or the volume is to be looked at anew, soon. */
export type Onward = "go_on" | "stop" | "look_again";

/** Does something to volumes with which nothing else is being done; at once, or not at all. */
export const aloneWith = async <T>(
  volumes: readonly string[],
  { busy }: Pick<Hands, "busy">,
  act: () => Promise<T>,
): Promise<T | "busy"> => {
  if (volumes.some((volume) => busy.has(volume))) return "busy";
  for (const volume of volumes) busy.add(volume);
  try {
    return await act();
  } finally {
    for (const volume of volumes) busy.delete(volume);
  }
};
