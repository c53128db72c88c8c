import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { deviceOf, endOfConsole, machineArgv } from "./user-mode-linux.ts";

test("units have the kernel's names", () => {
  expect([0, 1, 2, 15].map(deviceOf)).toEqual(["/dev/ubda", "/dev/ubdb", "/dev/ubdc", "/dev/ubdp"]);
});

test("a machine keeps its disks' units when one between them is pulled", () => {
  const kernel = { version: "1", program: "linux.uml", modules: "/modules", argv: [], env: {} };
  const argv = machineArgv(kernel, {
    name: "n1",
    memory: "1536M",
    folder: "/state/uml",
    disks: [
      { unit: 0, file: "/state/n1/state.img" },
      { unit: 2, file: "/state/n1/disk2.img", serial: "n1-disk2" },
      { unit: 3, file: "/state/lun.img", serial: "lun", access: "shared" },
    ],
    taps: ["n1", "n1-ctl"],
    init: "/init.sh",
    environment: { stowage_host: "plain" },
  });
  expect(argv).toEqual(
    expect.arrayContaining([
      "umid=n1",
      "uml_dir=/state/uml/",
      "ubd0=/state/n1/state.img",
      "ubd2=/state/n1/disk2.img,,n1-disk2",
      "ubd3c=/state/lun.img,,lun",
      "vec1:transport=tap,ifname=n1-ctl,depth=128,gro=1",
      "stowage_host=plain",
    ]),
  );
});

test("a path with a blank is refused, for the kernel would read two words", () => {
  const kernel = { version: "1", program: "linux.uml", modules: "/modules", argv: [], env: {} };
  const machine = { name: "n1", memory: "1M", disks: [], taps: [], init: "/init", environment: {} };
  expect(() => machineArgv(kernel, { ...machine, folder: "/my clusters" })).toThrow(
    /uml_dir=\/my clusters\/.*without blanks/,
  );
});

test("of a panic the console's end shows what stood before it, not its stack", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "console-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = path.join(folder, "console.log");
  const stack = Array.from({ length: 30 }, () => " [<6002d37a>] show_stack+0x184/0x193");
  const lines = [
    "mount: /run/state: can't read superblock on /dev/ubda.",
    "node-init: mount /dev/ubda /run/state failed",
    "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100",
    "CPU: 0 PID: 1 Comm: node-init.sh Not tainted 6.1.176 #1 ",
    "Stack:",
    " 606944ba 607e7fcd 82c3bc60 6067bb96",
    " 00000001 607e7fcd 60045fda 00000100",
    "Call Trace:",
    " [<606944ba>] ? _printk+0x0/0x94",
    ...stack,
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  expect((await endOfConsole(file)).split("\n")).toEqual([
    `last lines of ${file}:`,
    ...lines.slice(0, 4).map((line) => `  ${line}`),
  ]);
});
