/* What a look at the cluster and its nodes finds, in plain data. All sizes are bytes. */

export type ObservedClaim = {
  /** `namespace/name`. */
  readonly key: string;
  readonly uid: string;
  readonly phase: string;
  readonly asked: number;
  /** status.capacity; 0 while it is unbound. */
  readonly has: number;
  readonly volume: string;
  readonly isDeleting: boolean;
};

export type ObservedPod = {
  readonly key: string;
  readonly phase: string;
  /** Keys of its claims. */
  readonly claims: readonly string[];
  readonly isDeleting: boolean;
};

export type ObservedVolume = {
  readonly name: string;
  readonly phase: string;
  readonly claimUid: string;
  /** Where its node affinity leads. */
  readonly node: string;
  readonly path: string;
  readonly size: number;
  readonly isDeleting: boolean;
};

export type ObservedGroup = {
  readonly node: string;
  readonly volumeGroup: string;
  readonly entries: readonly {
    readonly name: string;
    readonly claimUid: string | undefined;
    readonly size: number;
    readonly state: "handed out" | "pending" | "tombstone";
  }[];
  readonly seen: readonly {
    readonly name: string;
    readonly state: string;
    readonly size: number;
  }[];
  readonly orphans: readonly string[];
  /** Why the group takes no volumes; "" while it does. */
  readonly whyNotReady: string;
  readonly report: "current" | "of an older generation";
  readonly isCordoned: boolean;
  readonly extentSize: number;
  readonly capacity: number;
  readonly free: number;
};

/** What a node's own LVM says. */
export type ObservedDisk = {
  readonly node: string;
  readonly volumeGroup: string;
  readonly size: number;
  readonly free: number;
  readonly volumes: readonly {
    readonly name: string;
    readonly size: number;
    readonly tags: readonly string[];
  }[];
};

export type ObservedCapacity = {
  readonly storageClass: string;
  readonly node: string;
  readonly size: number;
};

export type Observed = {
  readonly claims: readonly ObservedClaim[];
  readonly pods: readonly ObservedPod[];
  readonly volumes: readonly ObservedVolume[];
  readonly groups: readonly ObservedGroup[];
  readonly disks: readonly ObservedDisk[];
  readonly capacities: readonly ObservedCapacity[];
};
