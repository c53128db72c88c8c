import type { StorageClass } from "@stowage/api";
import {
  apiVersionOf,
  nodeLocalStorages,
  parseClassParameters,
  provisionerName,
  storageClasses,
} from "@stowage/api";
import type { EventRecorder, KubeClient, Log, Next, Regarding } from "@stowage/kube";
import { done, isKubeError } from "@stowage/kube";
import type { Caches } from "./caches.ts";
import type { ClassStep } from "./plan-class.ts";
import { planClass } from "./plan-class.ts";

export type ClassEdge = {
  readonly client: KubeClient;
  readonly caches: {
    readonly storageClasses: Pick<Caches["storageClasses"], "get">;
    readonly groups: Pick<Caches["groups"], "list">;
  };
  readonly events: EventRecorder;
  readonly log: Log;
};

/** Makes the NodeLocalStorages that one StorageClass asks for. */
export const reconcileClass = async (name: string, edge: ClassEdge): Promise<Next> => {
  const storageClass = edge.caches.storageClasses.get(name);
  if (storageClass === undefined || storageClass.provisioner !== provisionerName) return done;
  const parsed = parseClassParameters(storageClass);
  if (parsed.kind === "invalid") {
    warn(storageClass, { reason: "InvalidParameters", message: parsed.problem }, edge);
    return done;
  }
  const groups = [...edge.caches.groups.list()];
  for (const step of planClass(name, parsed.parameters, groups)) {
    await carryOut(step, storageClass, edge);
  }
  return done;
};

const carryOut = async (
  step: ClassStep,
  storageClass: StorageClass,
  edge: ClassEdge,
): Promise<void> => {
  const { client, log } = edge;
  switch (step.kind) {
    case "create":
      if (!(await stillExists(storageClass, edge))) return;
      try {
        await client.create(nodeLocalStorages, step.object);
        log.info({ class: storageClass.metadata.name, group: step.name }, "group declared");
      } catch (error) {
        // Made a moment ago; its own event brings the class back here.
        if (!isKubeError(error, "already_exists")) throw error;
      }
      return;
    case "add_devices":
      await client.patch(
        nodeLocalStorages,
        { name: step.name },
        { kind: "json", operations: step.operations },
      );
      log.info({ group: step.name, devices: step.devices }, "devices added to the group");
      return;
    case "refuse":
      warn(storageClass, { reason: "DeviceConflict", message: step.why }, edge);
      return;
    case "keep":
      edge.events.emit(regarding(storageClass), {
        type: "Normal",
        reason: "DevicesKept",
        message: step.why,
      });
  }
};

/**
 * Asks the API server itself. Whoever deletes a class and then its groups would otherwise find them
 * made anew by a cache that lags behind.
 */
const stillExists = async ({ metadata }: StorageClass, { client }: ClassEdge): Promise<boolean> => {
  const current = await client.find(storageClasses, { name: metadata.name });
  return current?.metadata.uid === metadata.uid;
};

const warn = (
  storageClass: StorageClass,
  told: { readonly reason: string; readonly message: string },
  { events }: ClassEdge,
): void => events.emit(regarding(storageClass), { type: "Warning", ...told });

const regarding = ({ metadata }: StorageClass): Regarding => ({
  apiVersion: apiVersionOf(storageClasses),
  kind: storageClasses.kind,
  namespace: "",
  name: metadata.name,
  uid: metadata.uid,
});
