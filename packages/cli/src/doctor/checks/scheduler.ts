import { provisionerName } from "@stowage/api";
import { isOf } from "../../program-pods.ts";
import type { Finding } from "../finding.ts";
import { check } from "../finding.ts";

const configure =
  "merge deploy/scheduler/extender.yaml into kube-scheduler's --config, as docs/install.md says";

export const schedulerConfigured = check(
  "kube-scheduler is configured",
  ["schedulers"],
  ({ schedulers }) =>
    schedulers.flatMap(({ metadata, spec }): Finding[] => {
      const words = spec.containers.flatMap(({ command, args }) => [
        ...(command ?? []),
        ...(args ?? []),
      ]);
      return words.some((word) => word === "--config" || word.startsWith("--config="))
        ? []
        : [
            {
              code: "scheduler_without_config",
              severity: "error",
              about: `pod ${metadata.name}`,
              message: "runs without --config, so that it asks no extender: it places pods blindly",
              remedy: configure,
            },
          ];
    }),
);

const settledAfterMs = 10 * 60_000;

export const schedulerAsks = check(
  "kube-scheduler asks the extender",
  ["extenderCalls", "programs", "persistentVolumes"],
  ({ extenderCalls, programs, persistentVolumes }, { now }) => {
    if (extenderCalls.length === 0 || extenderCalls.some(({ filterCalls }) => filterCalls > 0)) {
      return [];
    }
    const starts = programs
      .filter((pod) => isOf("extender", pod))
      .flatMap(({ status }) => status.startTime ?? [])
      .map((text) => Date.parse(text));
    const oldest = Math.min(...starts);
    const placed = persistentVolumes.filter(
      ({ provisionedBy, metadata }) =>
        provisionedBy === provisionerName && Date.parse(metadata.creationTimestamp) > oldest,
    );
    if (placed.length === 0 && now - oldest < settledAfterMs) return [];
    return [
      {
        code: "scheduler_not_asking",
        severity: "error",
        about: "kube-scheduler",
        message:
          placed.length > 0
            ? `placed ${placed.length === 1 ? "a volume" : `${placed.length} volumes`} since the extender started, and asked it nothing: it places pods blindly`
            : "has asked the extender nothing since it started, and it asks about every pod",
        remedy: configure,
      },
    ];
  },
);

export const capacityIsRead = check("capacity is read", ["driver"], ({ driver }): Finding[] => {
  const about = `CSIDriver ${provisionerName}`;
  const remedy = "apply deploy/manifests/20-provisioner.yaml anew";
  if (driver === undefined) {
    const message = "does not exist, so kube-scheduler does not wake pods that wait for room";
    return [{ code: "csidriver_missing", severity: "error", about, message, remedy }];
  }
  if (driver.spec.storageCapacity !== true) {
    const message = "has storageCapacity off, so kube-scheduler does not read what is published";
    return [{ code: "csidriver_without_capacity", severity: "error", about, message, remedy }];
  }
  return [];
});
