import type { ClaimWithStatus, NodeLocalStorage, PersistentVolume, VolumeMode } from "@stowage/api";
import { claimsWithStatus, persistentVolumes } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import {
  bytes,
  formatQuantity,
  gib,
  mib,
  parseQuantity,
  roundUpToExtents,
} from "@stowage/capacity";
import { VirtualClock } from "@stowage/clock";
import type { EventRecorder, KubeClient } from "@stowage/kube";
import { KubeError } from "@stowage/kube";
import { z } from "zod";
import type { ExpansionHands } from "../expansion-carry-out.ts";
import { carryOutExpansion } from "../expansion-carry-out.ts";
import type { SeenExpansion } from "../expansion-plan.ts";
import { planExpansion } from "../expansion-plan.ts";
import { planLedgerPatch } from "../ledger-change.ts";
import { Metrics } from "../metrics.ts";
import { groupWith, nodeWith, persistentVolumeWith, uid, volumeName } from "./objects.ts";

type Raw = { readonly [key: string]: unknown };
const isRaw = (value: unknown): value is Raw =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const versioned = z.looseObject({ metadata: z.looseObject({ resourceVersion: z.string() }) });
type Stored = z.output<typeof versioned>;

/** JSON merge patch, RFC 7386. */
const merged = (target: unknown, patch: unknown): unknown => {
  if (!isRaw(patch)) return patch;
  const result: Record<string, unknown> = isRaw(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
};

/** What happened, for tests that look at it. */
type Told = { readonly reason: string; readonly message: string };

/** A claim that grows, with API server, ledger, agent and kubelet as far as they take part in it. */
export class ExpansionSite {
  readonly told: Told[] = [];
  /** What lies on disk. */
  logicalVolume: Bytes;
  #claim: Stored;
  #volume: Stored;
  #entry: Bytes;
  #others: Bytes = mib(4);
  #reported: Bytes;

  constructor(size: Bytes, volumeMode: VolumeMode) {
    this.logicalVolume = roundUpToExtents(size, mib(4));
    this.#reported = this.logicalVolume;
    this.#entry = size;
    const real = formatQuantity(this.logicalVolume);
    this.#claim = {
      metadata: { namespace: "shop", name: "data", uid, resourceVersion: "1" },
      spec: {
        volumeName,
        volumeMode,
        resources: { requests: { storage: formatQuantity(size) } },
      },
      status: {
        phase: "Bound",
        capacity: { storage: real },
        conditions: [{ type: "ModifyingVolume", status: "True" }],
      },
    };
    const { metadata } = persistentVolumeWith({});
    this.#volume = {
      metadata: { name: volumeName, annotations: metadata.annotations, resourceVersion: "1" },
      spec: { capacity: { storage: real }, claimRef: { namespace: "shop", name: "data", uid } },
      status: { phase: "Bound" },
    };
  }

  get claim(): ClaimWithStatus {
    return claimsWithStatus.parse(this.#claim);
  }

  get volume(): PersistentVolume {
    return persistentVolumes.parse(this.#volume);
  }

  get group(): NodeLocalStorage {
    return groupWith({
      spec: {
        volumes: [
          { name: volumeName, size: formatQuantity(this.#entry) },
          { name: "others", size: formatQuantity(this.#others) },
        ],
      },
      status: {
        volumes: [{ name: volumeName, state: "Ready", size: formatQuantity(this.#reported) }],
      },
    });
  }

  /** What caches may show: now, or later when all has moved on. */
  see(): SeenExpansion {
    const { claim, volume, group } = this;
    const [entry] = group.spec.volumes;
    if (entry === undefined) throw new Error("the volume has no entry");
    const nodeState = { kind: "usable", node: nodeWith("n1") } as const;
    return { claim, volume, home: { group, entry, status: group.status.volumes[0] }, nodeState };
  }

  /** One pass of the provisioner on what it saw, killed before its step number `cut`. */
  async pass(seen = this.see(), cut = Number.POSITIVE_INFINITY): Promise<void> {
    for (const [index, step] of planExpansion(seen).entries()) {
      if (index >= cut) return;
      if ((await carryOutExpansion(step, this.#hands)) === "moved_on") return;
    }
  }

  agent(): void {
    this.logicalVolume = bytes(Math.max(this.logicalVolume, roundUpToExtents(this.#entry, mib(4))));
    this.#reported = this.logicalVolume;
  }

  /** It gives the claim what was asked for, not what the volume has. */
  kubelet(): void {
    const { claim, volume } = this;
    const isAsked = claim.status.resize?.startsWith("NodeResize") === true;
    if (!isAsked || claim.spec.volumeMode === "Block") return;
    this.#claim = stored(this.#claim, {
      status: {
        capacity: { storage: formatQuantity(claim.status.allocated ?? volume.capacity) },
        allocatedResourceStatuses: null,
      },
    });
  }

  /** The API server takes no request that is not above what the claim has. */
  ask(size: Bytes): void {
    if (size < this.claim.spec.request && size <= (this.claim.status.capacity ?? 0)) return;
    const request = { resources: { requests: { storage: formatQuantity(size) } } };
    this.#claim = stored(this.#claim, { spec: request });
  }

  /** Other volumes of the group take this much of it, as far as there is room. */
  others(size: Bytes): void {
    const room = gib(10) - roundUpToExtents(this.#entry, mib(4));
    this.#others = bytes(Math.min(Math.max(size, mib(4)), room));
  }

  readonly #hands: ExpansionHands = {
    clock: new VirtualClock(),
    metrics: new Metrics(new VirtualClock()),
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    events: {
      emit: (_regarding, { reason, message }) => void this.told.push({ reason, message }),
      flush: () => Promise.resolve(),
    } satisfies EventRecorder,
    client: {
      patch: async (resource, _name, patch) => {
        if (patch.kind === "json") throw new Error("expansions write merge patches");
        const isClaim = resource.plural === "persistentvolumeclaims";
        const after = stored(isClaim ? this.#claim : this.#volume, patch.body);
        if (isClaim) this.#claim = after;
        else this.#volume = after;
        return resource.parse(after);
      },
      get: never,
      find: never,
      list: never,
      create: never,
      replace: never,
      delete: never,
      watch: never,
    } satisfies KubeClient,
    ledger: {
      change: async (_name, change) => {
        const { operations, outcomes } = planLedgerPatch(this.group, [change]);
        const size = operations.find(({ path }) => path === "/spec/volumes/0/size");
        if (size !== undefined && "value" in size) this.#entry = parseQuantity(String(size.value));
        return outcomes[0] ?? { kind: "done" };
      },
    },
  };
}

const ignore = (): void => undefined;
const never = (): never => {
  throw new Error("an expansion does not do this");
};

const stored = (object: Stored, body: object): Stored => {
  const now = object.metadata.resourceVersion;
  const asked = z
    .object({ metadata: z.object({ resourceVersion: z.string() }).optional() })
    .parse(body).metadata?.resourceVersion;
  if (asked !== undefined && asked !== now) throw new KubeError("conflict", "patch");
  const after = versioned.parse(merged(object, body));
  return { ...after, metadata: { ...after.metadata, resourceVersion: `${Number(now) + 1}` } };
};
