import { milliseconds, systemClock } from "@stowage/clock";
import type { Command } from "@stowage/lvm";
import {
  deviceLinks,
  listLoops,
  listMounts,
  listOpenFiles,
  parseLinks,
  parseLoops,
  parseMounts,
  parseOpeners,
  parseOpenFiles,
  statOpenFiles,
  statPaths,
} from "@stowage/lvm";
import { recorded } from "@stowage/lvm/testing";
import { expect, test } from "vitest";
import type { FakeDevice, FakeVolume } from "../fake-disks.ts";
import { FakeNode } from "../fake-node.ts";

/*
 * What stat, find, /proc and losetup of the fake node say, against what they were recorded to say. Here
 * the fake node has the kernel's numbers of the recording.
 */

const node = (): FakeNode => {
  const fake = new FakeNode(systemClock);
  fake.duration = () => milliseconds(0);
  return fake;
};

const first = (fake: FakeNode, more: Partial<FakeDevice> = {}): FakeDevice =>
  fake.addDevice("/dev/ubdb", 1024, { number: 16, ...more });

const said = async (fake: FakeNode, command: Command) => {
  const { exitCode, stdout, stderr } = await fake.run(command);
  return { exitCode, stdout, stderr };
};

const truthOf = (name: string) => {
  const { exitCode, stdout, stderr } = recorded(name);
  return { exitCode, stdout, stderr };
};

test.for(["there", "all-kinds"])("stat and the fake agree on %s", async (name) => {
  const fake = node();
  first(fake, { links: ["/dev/disk/with a blank"] });
  fake.addDevice("/dev/ubdc", 1024, { number: 32 });
  const { args } = recorded(`stat/9.1-${name}`);
  const asked = { ...statPaths("fast", []), args };
  expect(await said(fake, asked)).toEqual(truthOf(`stat/9.1-${name}`));
});

const linesOfDisk = (text: string): string[] =>
  text.split("\n").filter((line) => line.endsWith("/ubdb"));

test("find and the fake agree on links, which are as udev makes them", async () => {
  const fake = node();
  const links = [
    "/dev/disk/with a blank",
    "/dev/disk/by-path/platform-uml-blkdev.1",
    "/dev/disk/by-diskseq/2",
    "/dev/disk/by-id/virtio-n1-disk1",
  ];
  first(fake, { links });
  const { stdout } = await said(fake, deviceLinks("fast"));
  expect(linesOfDisk(stdout)).toEqual(linesOfDisk(recorded("find/links").stdout));
  expect(parseLinks(stdout).get("/dev/ubdb")).toEqual(links);
});

test("find and the fake agree on a host without links", async () => {
  const fake = node();
  first(fake);
  const truth = truthOf("find/no-folder");
  expect(await said(fake, deviceLinks("fast"))).toEqual({
    ...truth,
    stderr: truth.stderr.replace("/dev/missing", "/dev/disk"),
  });
});

test.for<{ name: string; process: number; use: Partial<FakeDevice> }>([
  { name: "mountinfo-first", process: 1, use: { mountPoint: "/mnt/with a blank" } },
  { name: "mountinfo-elsewhere", process: 77, use: { mountElsewhere: "/mnt/1" } },
])("/proc and the fake agree on $name", async ({ name, process, use }) => {
  const fake = node();
  first(fake, use);
  fake.addDevice("/dev/ubdc", 1024, { number: 32, mountPoint: "/mnt/not-asked-for" });
  const { stdout } = await said(fake, listMounts(["98:16"]));
  const truth = `/proc/${process}/mountinfo:${recorded(`proc/${name}`).stdout}`;
  expect(parseMounts(stdout)).toHaveLength(1);
  expect(parseMounts(stdout)).toEqual(parseMounts(truth));
});

const withVolume = (change: Partial<FakeVolume>): FakeNode => {
  const fake = node();
  const volume = fake.addVolume(fake.addGroup("fast", [first(fake)]), "pvc-1", 4, []);
  Object.assign(volume, change);
  return fake;
};

const loopsIn = (text: string): string[][] =>
  parseLoops(text).map(({ name, file }) => [name, file]);

test("losetup and the fake agree on a loop device over a volume, which it calls by the kernel's name", async () => {
  const fake = withVolume({ use: "open", loop: "/dev/loop0" });
  const { stdout } = await said(fake, listLoops());
  expect(loopsIn(stdout)).toEqual(loopsIn(recorded("proc/losetup-over-volume").stdout));
});

test("without a loop device the fake's losetup lists none either", async () => {
  const { stdout } = await said(withVolume({}), listLoops());
  expect(parseLoops(stdout)).toEqual(parseLoops(recorded("proc/losetup-none").stdout));
});

test("/proc and the fake agree on an open volume: the device-mapper's, not LVM's path", async () => {
  const fake = withVolume({ use: "open", openers: new Map([[2051, "/usr/bin/sleep"]]) });
  const opened = /-> (?<path>\/dev\/dm-\d+)$/m.exec(recorded("proc/fd-of-opener").stdout);
  const { stdout } = await said(fake, statPaths("fast", [opened?.groups?.["path"] ?? ""]));
  const [, , number = ""] = stdout.trim().split("|");
  const files = parseOpenFiles((await said(fake, listOpenFiles())).stdout);
  const [link = ""] = files.flatMap((file) =>
    file.link.startsWith("/proc/2051/") ? file.link : [],
  );
  expect(parseOpeners((await said(fake, statOpenFiles([link]))).stdout)).toEqual(
    parseOpeners(`/proc/2051/fd/0|block special file|${number}`),
  );
});
