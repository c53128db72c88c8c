import { describe, expect, test } from "vitest";
import { reportDevices } from "./argv/reports.ts";
import { lvremove } from "./argv/volumes.ts";
import { withArchiveFallback } from "./archive-fallback.ts";
import type { Command, Output } from "./command.ts";
import type { Dialect } from "./dialect.ts";
import { dialectOf, speak, withoutArchive } from "./dialect.ts";

const plain: Dialect = {
  confinement: "devices",
  udev: "waits",
  archive: { kind: "folder", path: "/etc/lvm/archive/stowage" },
  systemId: "host",
};

const configOf = ({ args }: Command): string | undefined =>
  args.find((arg) => arg.startsWith("--config="));

const removal = lvremove("fast", "pvc-1", ["/dev/disk/by-id/a+b.c", "/dev/sdb"]);

describe("the metadata's copies", () => {
  test("go into a folder of their own: those of an admin are not pruned", () => {
    expect(configOf(speak(removal, plain))).toContain(
      'backup{archive_dir="/etc/lvm/archive/stowage" retain_days=0 retain_min=20}',
    );
    const facts = { archiveFolder: "/var/lvm", systemIdSource: "none" } as never;
    expect(dialectOf(facts, "host").archive).toEqual({ kind: "folder", path: "/var/lvm/stowage" });
  });

  test("are not made where the host makes none, and never by a report", () => {
    const none: Dialect = { ...plain, archive: { kind: "none" } };
    expect(configOf(speak(removal, none))).toContain("backup{archive=0 backup=0}");
    expect(configOf(speak(reportDevices("fast", ["/dev/sdb"]), plain))).toContain(
      "backup{archive=0 backup=0}",
    );
  });
});

test("an LVM that knows no --devices is confined by a filter", () => {
  const spoken = speak(removal, { ...plain, confinement: "filter" });
  expect(spoken.args.filter((arg) => arg.startsWith("--devices"))).toEqual([]);
  expect(configOf(spoken)).toContain(
    'devices{filter=["a|^/dev/disk/by-id/a[+]b[.]c$|","a|^/dev/sdb$|","r|.*|"] global_filter=["a|.*|"]}',
  );
});

test("without udev's word LVM makes its nodes itself, and in a container no group bears the container's name", () => {
  const config = configOf(speak(removal, { ...plain, udev: "alone", systemId: "unnamed" }));
  expect(config).toContain("activation{udev_sync=0 udev_rules=0 verify_udev_operations=1}");
  expect(config).toContain('global{system_id_source="none"}');
});

const answer = (exitCode: number, stderr: string): Output => ({
  exitCode,
  stdout: "",
  stderr,
  duration: 1 as Output["duration"],
});

describe("a change of which LVM can keep no copy", () => {
  /** As LVM 2.03.16 says it: a read-only folder, a full one, and no /etc/lvm at all. */
  const refusals = [
    "  Cannot archive volume group metadata for fast to read-only filesystem.",
    "  /etc/lvm/archive/.lvm_n1_2328_1474284713: write error failed: No space left on device",
    "  Command failed with status code 5.",
  ];

  test.for(refusals)("is made without one after %s", async (refusal) => {
    const ran: (string | undefined)[] = [];
    const told: string[] = [];
    const run = withArchiveFallback(
      async (command) => {
        ran.push(configOf(command));
        return configOf(command)?.includes("archive=0") === true
          ? answer(0, "")
          : answer(5, refusal);
      },
      { refused: (words) => told.push(words), kept: () => told.push("kept") },
    );
    expect(await run(speak(removal, plain))).toMatchObject({ exitCode: 0 });
    expect(ran).toEqual([
      configOf(speak(removal, plain)),
      configOf(withoutArchive(speak(removal, plain))),
    ]);
    expect(told).toEqual([refusal.trim()]);
  });

  test("a failure of another kind is made once", async () => {
    let ran = 0;
    const run = withArchiveFallback(
      async () => {
        ran += 1;
        return answer(5, "  Logical volume fast/pvc-1 in use.");
      },
      { refused: () => expect.unreachable(), kept: () => expect.unreachable() },
    );
    expect(await run(removal)).toMatchObject({ exitCode: 5 });
    expect(ran).toBe(1);
  });
});
