import type { NodeLocalStorage } from "@stowage/api";
import { groupOf, physicalVolumesOf } from "@stowage/api";
import { show, showNeed, takenBy } from "@stowage/capacity";
import { deviceRemedies, groupRemedies } from "../../remedies.ts";
import type { Finding } from "../finding.ts";
import { check } from "../finding.ts";

const inMessage = "Do what the message says.";

export const groupsReady = check("LVM on the nodes", ["groups"], ({ groups }) =>
  groups.flatMap(({ metadata, status }): Finding[] =>
    status.conditions
      .filter(({ type, status: value }) => type === "Ready" && value !== "True")
      .map(({ reason, message }) => ({
        code: "group_not_ready",
        severity: "error",
        about: metadata.name,
        message: `${reason}: ${message}`,
        remedy: groupRemedies[reason] ?? inMessage,
      })),
  ),
);

/** What the agent says of a host on which volumes are made all the same. */
export const hostsPlain = check("hosts suit LVM", ["groups"], ({ groups }) =>
  groups.flatMap(({ metadata, status }): Finding[] =>
    status.conditions
      .filter(
        ({ type, status: value, message }) =>
          type === "Ready" && value === "True" && message.startsWith("takes volumes; "),
      )
      .map(({ message }) => ({
        code: "host_setting",
        severity: "warning",
        about: metadata.name,
        message: message.replace("takes volumes; ", ""),
        remedy: "see docs/troubleshooting.md, The host's own settings",
      })),
  ),
);

export const devicesUsed = check("devices are used", ["groups"], ({ groups }) =>
  groups.flatMap(({ metadata, status }): Finding[] => {
    const isWrong = status.conditions.some(
      ({ type, status: value }) => type === "DevicesReady" && value === "False",
    );
    if (!isWrong) return [];
    return status.devices
      .filter(({ state }) => state === "Refused" || state === "Missing")
      .map(({ path, reason = "", message = "" }) => ({
        code: "device_not_used",
        severity: "warning",
        about: `${metadata.name} ${path}`,
        message: `${reason}: ${message}`,
        remedy: deviceRemedies[reason] ?? inMessage,
      }));
  }),
);

export const roomIsThere = check("promised room is there", ["groups"], ({ groups }) =>
  groups.flatMap((storage): Finding[] => {
    const { reservations, extentSize, allocatable } = groupOf(storage);
    const used = takenBy(
      reservations.map(({ size }) => size),
      extentSize,
    );
    // An orphan's entry takes its room twice until the agent has reported on it.
    const isOld = storage.status.observedGeneration < storage.metadata.generation;
    if (used <= allocatable || isOld || storage.status.conditions.length === 0) return [];
    return [
      {
        code: "over_promised",
        severity: "error",
        about: storage.metadata.name,
        message: `${showNeed(used)} are promised, and ${show(allocatable)} can be: others took room, or a device left`,
        remedy: "add a device, or remove what was made by hand in the group (lvs shows it)",
      },
    ];
  }),
);

export const devicesSole = check("devices are one node's", ["groups"], ({ groups }) => {
  const reporters = new Map<string, NodeLocalStorage[]>();
  for (const storage of groups) {
    for (const id of physicalVolumesOf(storage)) {
      reporters.set(id, [...(reporters.get(id) ?? []), storage]);
    }
  }
  return [...reporters].flatMap(([id, storages]): Finding[] => {
    if (new Set(storages.map(({ spec }) => spec.nodeName)).size < 2) return [];
    const names = storages.map(({ metadata }) => metadata.name);
    return [
      {
        code: "device_shared",
        severity: "error",
        about: names.join(", "),
        message: `they report one physical volume, ${id}: none of them gets new volumes, and if it is one disk, they ruin it`,
        remedy:
          "take the disk from all nodes but one, or give a copy UUIDs of its own (vgimportclone); of a node that is gone, delete the NodeLocalStorage",
      },
    ];
  });
});

export const noOrphans = check("no orphans", ["groups"], ({ groups }) =>
  groups
    .filter(({ status }) => status.orphans.length > 0)
    .map(({ metadata, status }) => ({
      code: "orphans",
      severity: "warning",
      about: metadata.name,
      message: `has volumes that no entry names: ${status.orphans.map(({ name }) => name).join(", ")}`,
      remedy: "adopt or collect them: kubectl stowage orphans --help",
    })),
);
