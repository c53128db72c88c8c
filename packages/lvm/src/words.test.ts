import { expect, test } from "vitest";
import type { LvmErrorCode } from "./errors.ts";
import { classify, classifyTool } from "./errors.ts";
import { recorded, recordedIn } from "./testing/recorded.ts";

/** What each refusal that was recorded means: what is not here ended well. */
const meanings: Readonly<Record<string, LvmErrorCode>> = {
  "wipefs/2.38.1-blank-and-missing-check": "device_not_found",
  "wipefs/2.38.1-blank-and-missing-erase": "device_not_found",
  "wipefs/2.38.1-blank-and-missing-list": "device_not_found",
  "wipefs/2.38.1-gpt-partition-mounted-check": "device_busy",
  "wipefs/2.38.1-gpt-partition-mounted-erase": "device_busy",
  "wipefs/2.38.1-gpt-partitions-and-disk-check": "device_busy",
  "wipefs/2.38.1-gpt-partitions-and-disk-erase": "device_busy",
  "wipefs/2.38.1-missing-check": "device_not_found",
  "wipefs/2.38.1-missing-erase": "device_not_found",
  "wipefs/2.38.1-missing-list": "device_not_found",
  "wipefs/2.38.1-mounted-check": "device_busy",
  "wipefs/2.38.1-mounted-erase": "device_busy",
  "wipefs/2.38.1-mounted-in-another-namespace-check": "device_busy",
  "wipefs/2.38.1-mounted-in-another-namespace-erase": "device_busy",
  "wipefs/2.38.1-node-without-device-check": "device_not_found",
  "wipefs/2.38.1-node-without-device-erase": "device_not_found",
  "wipefs/2.38.1-node-without-device-list": "device_not_found",
  "wipefs/2.38.1-physical-volume-in-use-check": "device_busy",
  "wipefs/2.38.1-physical-volume-in-use-erase": "device_busy",
  "wipefs/2.38.1-raid1-member-check": "device_busy",
  "wipefs/2.38.1-raid1-member-erase": "device_busy",
  "words/2.03.16-config-twice": "lvm_failed",
  "words/2.03.16-foreign-system-id-activate": "vg_of_another_host",
  "words/2.03.16-foreign-system-id-lvcreate": "vg_of_another_host",
  "words/2.03.16-foreign-system-id-pvremove": "device_in_group",
  "words/2.03.16-foreign-system-id-vgcreate-name": "vg_exists",
  "words/2.03.16-foreign-system-id-vgcreate-over": "device_in_group",
  "words/2.03.16-group-not-found": "vg_not_found",
  "words/2.03.16-lock-type-sanlock-activate": "vg_shared",
  "words/2.03.16-lock-type-sanlock-lvcreate": "vg_shared",
  "words/2.03.16-lock-type-sanlock-pvremove": "device_in_group",
  "words/2.03.16-lock-type-sanlock-vgcreate-name": "vg_exists",
  "words/2.03.16-lock-type-sanlock-vgcreate-over": "device_in_group",
  "words/2.03.16-lvchange-not-found": "lv_not_found",
  "words/2.03.16-lvcreate-again": "lv_exists",
  "words/2.03.16-lvcreate-device-missing": "devices_missing",
  "words/2.03.16-lvcreate-no-room": "no_space",
  "words/2.03.16-lvcreate-only-held-left": "no_space",
  "words/2.03.16-lvcreate-volume-list": "not_activated",
  "words/2.03.16-lvextend-no-room": "no_space",
  "words/2.03.16-lvextend-not-found": "lv_not_found",
  "words/2.03.16-lvextend-only-held-left": "no_space",
  "words/2.03.16-lvextend-origin": "has_dependants",
  "words/2.03.16-lvextend-same-size": "size_not_larger",
  "words/2.03.16-lvextend-smaller": "size_not_larger",
  "words/2.03.16-lvremove-mounted": "lv_in_use",
  "words/2.03.16-lvremove-not-found": "lv_not_found",
  "words/2.03.16-lvremove-open": "lv_in_use",
  "words/2.03.16-lvremove-origin-unasked": "has_dependants",
  "words/2.03.16-pvchange-no-physical-volume": "device_not_in_lvm",
  "words/2.03.16-pvmove-left-lvextend": "lv_locked",
  "words/2.03.16-pvmove-left-lvremove": "lv_locked",
  "words/2.03.16-pvmove-no-physical-volume": "device_not_in_lvm",
  "words/2.03.16-pvmove-no-room": "no_space",
  "words/2.03.16-pvmove-nothing-to-move": "nothing_to_move",
  "words/2.03.16-pvremove-in-use": "device_in_group",
  "words/2.03.16-pvremove-no-physical-volume": "device_not_in_lvm",
  "words/2.03.16-pvresize-no-physical-volume": "device_not_in_lvm",
  "words/2.03.16-read-only-as-today": "archive_unwritable",
  "words/2.03.16-shrunk-activate": "device_shrunk",
  "words/2.03.16-shrunk-lvcreate": "device_shrunk",
  "words/2.03.16-shrunk-pvresize": "device_shrunk",
  "words/2.03.16-unknown-command": "host_outdated",
  "words/2.03.16-unknown-field": "host_outdated",
  "words/2.03.16-unknown-option": "host_outdated",
  "words/2.03.16-vgcreate-again": "vg_exists",
  "words/2.03.16-vgcreate-missing": "device_not_found",
  "words/2.03.16-vgcreate-mixed-sectors": "sector_sizes_mixed",
  "words/2.03.16-vgcreate-mounted": "device_busy",
  "words/2.03.16-vgcreate-name-in-dev": "vg_name_in_dev",
  "words/2.03.16-vgcreate-over-member": "device_in_group",
  "words/2.03.16-vgcreate-partitioned": "device_signature",
  "words/2.03.16-vgcreate-signature": "device_signature",
  "words/2.03.16-vgextend-group-missing": "vg_not_found",
  "words/2.03.16-vgextend-mixed-sectors": "sector_sizes_mixed",
  "words/2.03.16-vgextend-signature": "device_signature",
  "words/2.03.16-vgextend-too-small": "device_too_small",
  "words/2.03.16-vgreduce-final": "device_last_of_group",
  "words/2.03.16-vgreduce-in-use": "device_holds_volumes",
  "words/2.03.16-vgreduce-no-member": "device_not_in_lvm",
  "words/2.38.1-blkdiscard-missing": "device_not_found",
  "words/2.38.1-blkdiscard-mounted": "device_busy",
  "words/2.38.1-lsblk-unknown-column": "host_outdated",
  "words/2.38.1-lsblk-unknown-option": "host_outdated",
  "words/2.38.1-mkfs-missing": "device_not_found",
  "words/2.38.1-mkfs-mounted": "lv_in_use",
  "words/2.38.1-sync-missing": "device_not_found",
  "words/2.38.1-wipefs-unknown-option": "host_outdated",
  "words/2.38.1-wipefs-volume-missing": "device_not_found",
  "words/2.38.1-wipefs-volume-mounted": "device_busy",
};

const refusals = [...recordedIn("words"), ...recordedIn("wipefs")].filter(
  (name) => recorded(name).exitCode !== 0,
);

const meaningOf = (name: string): LvmErrorCode => {
  const { file, stderr } = recorded(name);
  return file === "lvm" ? classify(stderr) : classifyTool(stderr);
};

test("each refusal that was recorded has a code of its own", () => {
  expect(Object.fromEntries(refusals.map((name) => [name, meaningOf(name)]))).toEqual(meanings);
});

test("only mistakes of Stowage's own are a failure without a cause", () => {
  const plain = Object.entries(meanings).filter(([, code]) => code === "lvm_failed");
  expect(plain.map(([name]) => name)).toEqual(["words/2.03.16-config-twice"]);
});
