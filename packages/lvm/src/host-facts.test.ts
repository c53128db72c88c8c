import { expect, test } from "vitest";
import type { Command, Output } from "./command.ts";
import type { HostFacts } from "./host-facts.ts";
import { parseSettings, readHostFacts } from "./host-facts.ts";

/** As lvmconfig 2.03.16 prints them on Debian 12, whatever order they are asked for in. */
const settings = [
  "use_devicesfile=1",
  'filter=["a|.*|"]',
  'global_filter=["a|.*|"]',
  "use_lvmlockd=0",
  'system_id_source="none"',
  "archive=1",
  'archive_dir="/etc/lvm/archive"',
].join("\n");

const lvm = (version: string): string =>
  `  LVM version:     ${version} (2022-05-18)\n  Library version: 1.02.185 (2022-05-18)\n  Driver version:  4.50.0`;

const rule = "/usr/lib/udev/rules.d/95-dm-notify.rules\n";

const host =
  (answers: Record<string, string>) =>
  async ({ name }: Command): Promise<Output> => ({
    exitCode: name === "stat" && answers[name] === undefined ? 1 : 0,
    stdout: answers[name] ?? "",
    stderr: "",
    duration: 1 as Output["duration"],
  });

const facts = (answers: Record<string, string>): Promise<HostFacts> =>
  readHostFacts(
    host({
      version: lvm("2.03.16(2)"),
      "lsblk --version": "lsblk from util-linux 2.38.1",
      lvmconfig: settings,
      stat: rule,
      ...answers,
    }),
    "host",
  );

test("what a host is, is read from its own words", async () => {
  expect(await facts({})).toEqual({
    lvmVersion: "2.03.16(2)",
    confinement: "devices",
    udev: "waits",
    devicesFile: "used",
    lvmlockd: "unused",
    systemIdSource: "none",
    volumeList: undefined,
    archiveFolder: "/etc/lvm/archive",
  });
});

test("settings that stand in the way are told", async () => {
  const odd = `use_lvmlockd=1\nvolume_list=["other","@tag"]\nsystem_id_source="uname"\narchive=0\narchive_dir="/x"`;
  expect(await facts({ lvmconfig: odd, stat: "" })).toMatchObject({
    lvmlockd: "wanted",
    volumeList: ["other", "@tag"],
    systemIdSource: "uname",
    archiveFolder: undefined,
    udev: "alone",
  });
});

test("a list with one entry, an empty one and a number are what they are", () => {
  expect([...parseSettings('filter="r|/dev/sdb|"\nvolume_list=[]\narchive=1')]).toEqual([
    ["filter", ["r|/dev/sdb|"]],
    ["volume_list", []],
    ["archive", ["1"]],
  ]);
});

test.for([
  { version: "2.03.11(2)", confinement: "filter" },
  { version: "2.03.07(2)", confinement: "filter" },
  { version: "2.03.12(2)", confinement: "devices" },
  { version: "2.04.0(2)", confinement: "devices" },
])("LVM $version is confined by $confinement", async ({ version, confinement }) => {
  expect(await facts({ version: lvm(version) })).toMatchObject({ confinement });
});

test.for([
  {
    answers: { version: lvm("2.02.187(2)-RHEL7") },
    words: /LVM 2\.02\.187.*2\.03\.12 is the least/,
  },
  {
    answers: { "lsblk --version": "lsblk from util-linux 2.32.1" },
    words: /util-linux 2\.32\.1.*2\.33 is the least/,
  },
  { answers: { "lsblk --version": "" }, words: /tells no version of util-linux/ },
])("a host with $answers is refused in words", async ({ answers, words }) => {
  await expect(facts(answers)).rejects.toMatchObject({
    code: "host_outdated",
    message: expect.stringMatching(words),
  });
});
