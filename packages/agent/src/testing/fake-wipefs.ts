import type { Output } from "@stowage/lvm";
import { recorded, saidOf } from "@stowage/lvm/testing";
import { z } from "zod";
import type { Parsed } from "./fake-command-line.ts";
import { succeeded } from "./fake-command-line.ts";
import type { FakeDisks } from "./fake-disks.ts";
import { isHeld, isMounted } from "./kernel/fake-kernel.ts";
import { isTable } from "./kernel/fake-names.ts";

/* wipefs of a fake node. What it says was recorded from util-linux: one signature as of each type. */

const said = (name: string, instead: Readonly<Record<string, string>>): Output =>
  saidOf(`wipefs/2.38.1-${name}`, instead);

/** Why a device cannot be opened for itself, or what keeps wipefs from what is on it. */
const refusalOf = (disks: FakeDisks, path: string, act: "check" | "erase"): Output | undefined => {
  const device = disks.present(path);
  if (device !== undefined) {
    if (isHeld(disks, device)) return said(`mounted-${act}`, { "/dev/ubdb": path });
    return device.nested === true
      ? said(`table-in-partition-${act}`, { "/dev/ubdb1": path })
      : undefined;
  }
  const volume = disks.volumeAt(path);
  if (volume === undefined) return said(`missing-${act}`, { "/dev/missing": path });
  return isMounted(volume) ? said(`mounted-${act}`, { "/dev/ubdb": path }) : undefined;
};

export const checkUnused = (disks: FakeDisks, [path = ""]: readonly string[]): Output => {
  const refusal = refusalOf(disks, path, "check");
  if (refusal !== undefined) return refusal;
  const signatures = disks.present(path)?.signatures ?? [];
  const lines = signatures.map(
    (type) => said("ext4-check", { "/dev/ubdb": path, ext4: type }).stdout,
  );
  return succeeded([...lines, ...rereading(path, signatures)].join(""));
};

/** wipefs tells that the kernel reads a table anew, --no-act and --quiet or not. */
const rereading = (path: string, signatures: readonly string[]): string[] =>
  signatures.some(isTable) ? [said("gpt-erase", { "/dev/ubdb": path }).stdout] : [];

export const eraseSignatures = (
  disks: FakeDisks,
  { options, operands: [path = ""] }: Parsed,
): Output => {
  const refusal = refusalOf(disks, path, "erase");
  if (refusal !== undefined) return refusal;
  const volume = disks.volumeAt(path);
  if (volume !== undefined) {
    disks.writeThrough(volume, "wipefs", { from: 0.25, to: 0.5 });
    if (volume.link !== "astray") volume.content = "clean";
  }
  const device = disks.present(path);
  if (device === undefined) return succeeded("");
  const types = options.get("types")?.[0]?.split(",");
  const isErased = (type: string): boolean => types?.includes(type) ?? true;
  const erased = device.signatures.filter(isErased);
  const left = device.signatures.filter((type) => !isErased(type));
  // Where it finds nothing it writes nothing.
  if (erased.length > 0) disks.writeHead(device, "wipefs");
  device.signatures.splice(0, device.signatures.length, ...left);
  if (erased.some(isTable) && !left.some(isTable)) disks.forgetPartitions(device);
  return succeeded(rereading(path, erased).join(""));
};

/** `wipefs --no-act --noheadings --output=TYPE`: the signatures alone. */
export const signatureTypes = (disks: FakeDisks, [path = ""]: readonly string[]): Output =>
  isThere(disks, path)
    ? succeeded((disks.present(path)?.signatures ?? []).join("\n"))
    : said("missing-list", { "/dev/missing": path });

const list = z.object({ signatures: z.tuple([z.record(z.string(), z.unknown())]) });

export const listSignatures = (disks: FakeDisks, [path = ""]: readonly string[]): Output => {
  if (!isThere(disks, path)) return said("missing-list", { "/dev/missing": path });
  const device = disks.present(path);
  const [row] = list.parse(
    JSON.parse(recorded("wipefs/2.38.1-physical-volume-list").stdout),
  ).signatures;
  const signatures = (device?.signatures ?? []).map((type) =>
    Object.assign({}, row, {
      device: path.split("/").at(-1),
      type,
      uuid: type === "LVM2_member" ? device?.uuid : null,
    }),
  );
  return succeeded(JSON.stringify({ signatures }));
};

const isThere = (disks: FakeDisks, path: string): boolean =>
  disks.present(path) !== undefined || disks.volumeAt(path) !== undefined;
