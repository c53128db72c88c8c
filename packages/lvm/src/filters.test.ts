import { expect, test } from "vitest";
import { isShutOut, parseFilters } from "./filters.ts";

/* As lvmconfig of LVM 2.03.16 prints them. */
const host = (filter: string, globalFilter: string): string =>
  `filter=[${filter}]\nglobal_filter=[${globalFilter}]\n`;

test.for([
  { list: '"a|.*|"', names: ["/dev/sda"], shutOut: false },
  { list: '"r|/dev/sdb|"', names: ["/dev/sda"], shutOut: false },
  { list: '"r|/dev/sdb|"', names: ["/dev/sdb"], shutOut: true },
  // One name that is accepted is enough.
  { list: '"r|^/dev/sdb$|"', names: ["/dev/sdb", "/dev/disk/by-id/b"], shutOut: true },
  { list: '"a|by-id|","r|.*|"', names: ["/dev/sdb", "/dev/disk/by-id/b"], shutOut: false },
  // The first that matches a name decides.
  { list: '"r|/dev/sdb|","a|/dev/sdb|"', names: ["/dev/sdb"], shutOut: true },
  { list: '"a{/dev/sd[ab]}","r/.*/"', names: ["/dev/sdc"], shutOut: true },
  { list: '"a{/dev/sd[ab]}","r/.*/"', names: ["/dev/sda"], shutOut: false },
  { list: '"r|/dev/x,y|"', names: ["/dev/x,y"], shutOut: true },
  { list: '"r|(|"', names: ["/dev/sda"], shutOut: true },
])("$list shuts out $names: $shutOut", ({ list, names, shutOut }) => {
  expect(isShutOut(parseFilters(host(list, '"a|.*|"')), names)).toBe(shutOut);
  expect(isShutOut(parseFilters(host('"a|.*|"', list)), names)).toBe(shutOut);
});

test("a single pattern needs no list, and none at all accepts everything", () => {
  expect(isShutOut(parseFilters('global_filter="r|sdb|"'), ["/dev/sdb"])).toBe(true);
  expect(isShutOut(parseFilters(""), ["/dev/sdb"])).toBe(false);
});
