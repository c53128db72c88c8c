import fc from "fast-check";
import { expect, test } from "vitest";
import type { FileSystemType } from "./mkfs-options.ts";
import { fileSystemTypes, parseMkfsOptions } from "./mkfs-options.ts";

test.for<[FileSystemType, string]>([
  ["ext4", "-m 1"],
  ["ext4", "  -O ^has_journal,metadata_csum   -i 65536 "],
  ["ext4", "-E lazy_itable_init=0,nodiscard -J size=64"],
  ["xfs", "-K -i size=1024,sparse=1 -d agcount=4"],
  ["btrfs", "--csum xxhash -m single"],
  ["ext4", ""],
])("%s takes %s", ([type, text]) => {
  expect(parseMkfsOptions(type, text)).toEqual({
    kind: "valid",
    args: text.split(" ").filter((part) => part !== ""),
  });
});

test.for<[FileSystemType, string, RegExp]>([
  ["ext4", "-F", /"-F" is no option for ext4 here; it may have -b /],
  ["ext4", "-d /etc", /"-d" is no option/],
  ["ext4", "-J device=/dev/sda", /"device=\/dev\/sda" is no value for -J/],
  ["ext4", "-E offset=4096", /is no value for -E/],
  ["ext4", "-m1", /"-m1" is no option/],
  ["ext4", "-m", /"" is no value for -m/],
  ["ext4", "-m -m", /"-m" is no value for -m/],
  ["ext4", "/dev/sda", /"\/dev\/sda" is no option/],
  ["ext4", "constructor", /is no option/],
  ["xfs", "-f", /is no option/],
  ["xfs", "-l logdev=sdb", /is no value for -l/],
  ["xfs", "-d name=x", /is no value for -d/],
  ["btrfs", "-r /etc", /is no option/],
  ["xfs", "-m 1; rm", /is no value for -m/],
])("%s refuses %s", ([type, text, words]) => {
  const parsed = parseMkfsOptions(type, text);
  expect(parsed.kind === "invalid" ? parsed.problem : "it was taken").toMatch(words);
});

test("whatever passes holds nothing that a shell, a path or a second device could be made of", () => {
  const part = fc.oneof(
    fc.constantFrom("-m", "-O", "-E", "-d", "-l", "-L", "1", "size=4096", "a,^b"),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.constantFrom(...fileSystemTypes), fc.array(part), (type, parts) => {
      const parsed = parseMkfsOptions(type, parts.join(" "));
      const args = parsed.kind === "valid" ? parsed.args : [];
      expect(args.join(" ")).toMatch(/^[A-Za-z0-9^=_., -]*$/);
    }),
  );
});
