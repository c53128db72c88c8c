import { nodeLocalStorages } from "@stowage/api";
import { eachDevice, parseBlockDevices } from "@stowage/lvm";
import { recorded } from "@stowage/lvm/testing";
import { expect, test } from "vitest";
import { matchDevices } from "./match-devices.ts";

const recordedDisks = eachDevice(parseBlockDevices(recorded("lsblk/2.38.1-multipath-all").stdout));

const matching = (match: object) => {
  const { spec } = nodeLocalStorages.parse({
    metadata: { name: "n1.fast", uid: "uid", generation: 1 },
    spec: { nodeName: "n1", volumeGroup: "fast", match },
  });
  if (spec.match === undefined) throw new Error("no match");
  return spec.match;
};

const pathsMatched = (match: object, links = new Map<string, readonly string[]>()) =>
  matchDevices(matching(match), recordedDisks, links).map(({ path }) => path);

test("of a disk with two paths the multipath device is matched, once, and no path of it", () => {
  const matched = pathsMatched({ minSize: "1Mi" });
  expect(matched.filter((path) => path === "/dev/dm-0")).toHaveLength(1);
  expect(matched).not.toContain("/dev/sda");
  expect(matched).not.toContain("/dev/sdb");
  expect(pathsMatched({ paths: ["/dev/sd*"] })).toEqual([]);
});

test("a disk is known by a name that LVM can be told", () => {
  const names = ["/dev/disk/by-id/odd,name", "/dev/disk/by-path/pci-0000:00:1f.2-ata-1"];
  const links = new Map([["/dev/ubdb", names]]);
  expect(pathsMatched({ paths: ["/dev/ubdb"] }, links)).toEqual([names[1]]);
  expect(
    pathsMatched({ paths: ["/dev/ubdb"] }, new Map([["/dev/ubdb", names.slice(0, 1)]])),
  ).toEqual(["/dev/ubdb"]);
});
