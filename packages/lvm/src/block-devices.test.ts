import { gib } from "@stowage/capacity";
import { expect, test } from "vitest";
import { LvmError } from "./errors.ts";
import { parseBlockDevices, parseLinks, parseSignatures, parseTargets } from "./block-devices.ts";

test("lsblk's tree keeps what is built on a device", () => {
  const text = `{"blockdevices": [{"kname":"/dev/ubda", "maj:min":"98:0", "type":"disk",
    "size":1073741824, "ro":false, "rota":true, "rm":false, "log-sec":512, "vendor":"SEAGATE ", "tran":"sas", "model":"  ST4000 ", "serial":"S1", "mountpoint":null, "pttype":null,
    "children": [{"kname":"/dev/dm-0", "maj:min":"254:0", "type":"lvm", "size":16777216,
    "ro":true, "rota":false, "rm":false, "log-sec":512, "mountpoint":"/mnt/a", "pttype":null}]}]}`;
  expect(parseBlockDevices(text)).toMatchObject([
    {
      kernelName: "/dev/ubda",
      deviceNumber: "98:0",
      size: gib(1),
      access: "read_write",
      rotation: "rotational",
      transport: "sas",
      model: "ST4000",
      serial: "S1",
      mountPoint: undefined,
      holders: [{ type: "lvm", mountPoint: "/mnt/a", access: "read_only" }],
    },
  ]);
});

test("stat's device numbers are read as hexadecimal, and only of block devices", () => {
  const text = [
    "/dev/disk/by-id/aaa|block special file|62:20",
    "/dev/fast/pvc-1|block special file|fe:0",
    "/dev/null|character special file|1:3",
    "/dev/x y|no line of stat",
  ].join("\n");
  expect([...parseTargets(text)]).toEqual([
    ["/dev/disk/by-id/aaa", { kind: "block_device", deviceNumber: "98:32" }],
    ["/dev/fast/pvc-1", { kind: "block_device", deviceNumber: "254:0" }],
    ["/dev/null", { kind: "other", what: "character special file" }],
  ]);
});

test("the names that udev gave lead back to their device", () => {
  const text = "/dev/disk/by-id/wwn-1|../../sda\n/dev/disk/by-id/ata-X|../../sda\nfind: nothing";
  expect([...parseLinks(text)]).toEqual([
    ["/dev/sda", ["/dev/disk/by-id/wwn-1", "/dev/disk/by-id/ata-X"]],
  ]);
});

test.for([
  { text: "", types: [] },
  { text: '{\n   "signatures": [\n\n   ]\n}', types: [] },
  {
    text: '{"signatures": [{"device":"ubdc","offset":"0x438","type":"ext4","uuid":"f","label":null}]}',
    types: [{ type: "ext4", uuid: "f" }],
  },
  {
    text: '{"signatures": [{"type":"gpt","uuid":""},{"type":"PMBR"}]}',
    types: [{ type: "gpt" }, { type: "PMBR" }],
  },
])("wipefs saying $text means $types", ({ text, types }) => {
  expect(parseSignatures(text)).toEqual(types);
});

test.for([parseBlockDevices, parseSignatures])(
  "%o refuses what is no JSON of its tool",
  (parse) => {
    expect(() => parse("nsenter: no")).toThrow(LvmError);
  },
);
