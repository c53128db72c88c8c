import { expect, test } from "vitest";
import { deviceOf, machineArgv } from "./user-mode-linux.ts";

test("units have the kernel's names", () => {
  expect([0, 1, 2, 15].map(deviceOf)).toEqual(["/dev/ubda", "/dev/ubdb", "/dev/ubdc", "/dev/ubdp"]);
});

test("a machine keeps its disks' units when one between them is pulled", () => {
  const argv = machineArgv({
    name: "n1",
    memory: "1536M",
    folder: "/state/uml",
    disks: [
      { unit: 0, file: "/state/n1/state.img" },
      { unit: 2, file: "/state/n1/disk2.img" },
    ],
    taps: ["n1", "n1-ctl"],
    init: "/init.sh",
    environment: { stowage_task: "join" },
  });
  expect(argv).toEqual(
    expect.arrayContaining([
      "umid=n1",
      "uml_dir=/state/uml/",
      "ubd0=/state/n1/state.img",
      "ubd2=/state/n1/disk2.img",
      "vec1:transport=tap,ifname=n1-ctl,depth=128,gro=1",
      "stowage_task=join",
    ]),
  );
});
