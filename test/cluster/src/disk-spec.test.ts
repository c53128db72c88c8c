import { expect, test } from "vitest";
import { parseDiskSpec } from "./disk-spec.ts";

const gib = 1024 ** 3;
const bare = { sizeBytes: 4 * gib, sectors: 512, partitions: 0, shared: undefined };

test.for([
  ["4Gi", bare],
  ["0", { ...bare, sizeBytes: 0 }],
  ["4Gi,sectors=512", bare],
  ["4Gi,sectors=4096", { ...bare, sectors: 4096 }],
  ["4Gi,partitions=2", { ...bare, partitions: 2 }],
  ["4Gi,partitions=15", { ...bare, partitions: 15 }],
  ["4Gi,shared=lun1,partitions=1", { ...bare, partitions: 1, shared: "lun1" }],
] as const)("%s is read", ([text, expected]) => {
  expect(parseDiskSpec(text)).toEqual(expected);
});

test.for([
  ["", /such as 4Gi or/],
  ["4Gb", /such as 4Gi or/],
  ["4Gi,", /"" is no property of a disk/],
  ["4Gi,size=2", /"size=2" is no property of a disk/],
  ["4Gi,shared", /"shared" is no property of a disk/],
  ["4Gi,sectors=512,sectors=4096", /sectors is there twice/],
  ["4Gi,sectors=520", /512 or 4096/],
  ["4Gi,partitions=two", /whole number/],
  ["4Gi,partitions=16", /at most 15 partitions/],
  ["0,partitions=1", /1 partitions do not fit/],
  ["4Gi,shared=/dev/sda", /no name of a shared disk/],
  ["4Gi,shared=", /no name of a shared disk/],
  ["4Gi,sectors=4096,shared=a", /cannot be shared: each node's kernel caches it/],
  ["4Gi,sectors=4096,partitions=1", /cannot have partitions: sfdisk/],
  ["0,sectors=4096", /cannot have the size 0: LIO/],
  ["1000,sectors=4096", /no multiple/],
] as const)("%j is refused with the reason", ([text, why]) => {
  expect(() => parseDiskSpec(text)).toThrow(why);
  expect(() => parseDiskSpec(text)).toThrow(`the disk "${text}"`);
});
