import type { ClaimCondition, ClaimWithStatus, PersistentVolume } from "@stowage/api";
import { annotations, apiVersionOf, claims, persistentVolumes } from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { formatQuantity, show, showNeed } from "@stowage/capacity";
import type { Clock } from "@stowage/clock";
import type { EventRecorder, KubeClient, Log } from "@stowage/kube";
import { isKubeError } from "@stowage/kube";
import { claimOf } from "./claim-of.ts";
import type { ExpansionStep } from "./expansion-step.ts";
import type { LedgerWriter } from "./ledger-writer.ts";
import type { Metrics } from "./metrics.ts";

/** What the steps act on. */
export type ExpansionHands = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly ledger: Pick<LedgerWriter, "change">;
  readonly events: EventRecorder;
  readonly metrics: Pick<Metrics, "beginExpansion" | "expanded" | "expansionRefused">;
  readonly log: Log;
};

/**
 * "moved_on": something changed since the plan was made, so what was planned after it is void. The
 * change itself brings the claim back.
 */
type Outcome = "done" | "moved_on";

/** Does one step. */
export const carryOutExpansion = async (
  step: ExpansionStep,
  hands: ExpansionHands,
): Promise<Outcome> => {
  const { client, clock, ledger, metrics, log } = hands;
  switch (step.kind) {
    case "begin":
      return patchStatus(
        step.claim,
        {
          allocatedResources: storage(step.size),
          allocatedResourceStatuses: { storage: "ControllerResizeInProgress" },
          conditions: conditions(step.claim, clock, { type: "Resizing" }),
        },
        hands,
        {
          type: "Normal",
          reason: "Resizing",
          message: `Growing volume ${step.claim.spec.volumeName} to ${showNeed(step.size)}`,
        },
      );
    case "refuse":
      metrics.expansionRefused(step.claim.spec.storageClassName ?? "");
      return patchStatus(
        step.claim,
        {
          allocatedResources: storage(step.size),
          allocatedResourceStatuses: { storage: "ControllerResizeInfeasible" },
          conditions: conditions(step.claim, clock, {
            type: "ControllerResizeError",
            message: step.why,
          }),
        },
        hands,
        { type: "Warning", reason: "VolumeResizeFailed", message: step.why },
      );
    case "grow": {
      const { kind } = await ledger.change(step.group, {
        kind: "grow",
        volume: step.volume,
        size: step.size,
        volumeMode: step.volumeMode,
      });
      if (kind !== "done") return "moved_on";
      metrics.beginExpansion(step.volume);
      log.debug({ volume: step.volume, group: step.group, bytes: step.size }, "room to grow");
      return "done";
    }
    case "set_volume_capacity": {
      const kept =
        step.before === undefined || step.volume.preResizeCapacity !== undefined
          ? {}
          : { [annotations.preResizeCapacity]: formatQuantity(step.before) };
      const outcome = await patchVolume(
        step.volume,
        kept,
        { spec: { capacity: storage(step.size) } },
        client,
      );
      if (outcome === "done") noteGrown(step, hands);
      return outcome;
    }
    case "forget_pre_resize_capacity":
      return patchVolume(step.volume, { [annotations.preResizeCapacity]: null }, {}, client);
    case "hand_to_kubelet":
      return patchStatus(
        step.claim,
        {
          allocatedResourceStatuses: { storage: "NodeResizePending" },
          conditions: conditions(step.claim, clock, {
            type: "FileSystemResizePending",
            message: "The kubelet grows the file system within its sync period of about a minute",
          }),
        },
        hands,
        {
          type: "Normal",
          reason: "FileSystemResizeRequired",
          message: "The logical volume has grown; the kubelet grows the file system on it",
        },
      );
    case "finish":
      return patchStatus(
        step.claim,
        {
          capacity: storage(step.size),
          allocatedResourceStatuses: { storage: null },
          conditions: conditions(step.claim, clock),
        },
        hands,
        {
          type: "Normal",
          reason: "VolumeResizeSuccessful",
          message: `The volume has ${show(step.size)} now`,
        },
      );
    case "tell":
      tell(step.claim, { type: "Warning", reason: "VolumeResizeFailed", message: step.why }, hands);
      return "done";
  }
};

const noteGrown = (
  { volume, size }: Extract<ExpansionStep, { kind: "set_volume_capacity" }>,
  { metrics, log }: ExpansionHands,
): void => {
  const { claimRef, group, metadata, storageClassName = "" } = volume;
  log.info(
    {
      volume: metadata.name,
      claim: claimOf(claimRef),
      group,
      class: storageClassName,
      bytes: size,
      durationMs: metrics.expanded(metadata.name, storageClassName),
    },
    "volume grown",
  );
};

type Notice = {
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
};

const storage = (size: Bytes): { readonly storage: string } => ({ storage: formatQuantity(size) });

/** Writes only over the version that the plan was made on, and tells of it only then. */
const patchStatus = async (
  claim: ClaimWithStatus,
  status: object,
  hands: ExpansionHands,
  notice: Notice,
): Promise<Outcome> => {
  const { namespace, name, resourceVersion } = claim.metadata;
  const body = { metadata: { resourceVersion }, status };
  try {
    await hands.client.patch(claims, { namespace, name }, { kind: "merge", body }, "status");
  } catch (error) {
    if (isKubeError(error, "conflict", "not_found")) return "moved_on";
    throw error;
  }
  tell(claim, notice, hands);
  return "done";
};

const patchVolume = async (
  { metadata: { name, resourceVersion } }: PersistentVolume,
  changed: Readonly<Record<string, string | null>>,
  rest: object,
  client: KubeClient,
): Promise<Outcome> => {
  const body = { metadata: { resourceVersion, annotations: changed }, ...rest };
  try {
    await client.patch(persistentVolumes, { name }, { kind: "merge", body });
    return "done";
  } catch (error) {
    if (isKubeError(error, "conflict", "not_found")) return "moved_on";
    throw error;
  }
};

/** The types that tell of an expansion; what is not renewed goes, all others stay. */
const resizeConditions: ReadonlySet<string> = new Set([
  "Resizing",
  "FileSystemResizePending",
  "ControllerResizeError",
  "NodeResizeError",
]);

const conditions = (
  { status }: ClaimWithStatus,
  clock: Clock,
  now?: { readonly type: string; readonly message?: string },
): ClaimCondition[] => {
  const others = status.conditions.filter(({ type }) => !resizeConditions.has(type));
  if (now === undefined) return others;
  const lastTransitionTime = new Date(clock.now()).toISOString();
  return [...others, { ...now, status: "True", lastTransitionTime }];
};

const tell = ({ metadata }: ClaimWithStatus, notice: Notice, { events }: ExpansionHands): void => {
  const { namespace, name, uid } = metadata;
  events.emit(
    { apiVersion: apiVersionOf(claims), kind: claims.kind, namespace, name, uid },
    notice,
  );
};
