import { minutes } from "@stowage/clock";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FakeDevice } from "./testing/fake-disks.ts";
import { FakeStorage } from "./testing/fake-storage.ts";

const path = (index: number): string => `/dev/disk/by-id/d${index}`;

/** What comes onto a disk, or who begins to use it. */
const uses = {
  process: (device: FakeDevice) => (device.openers = new Map([[5, "/usr/bin/dd"]])),
  loop: (device: FakeDevice) => (device.loop = { name: "/dev/loop1", file: device.path }),
  mount: (device: FakeDevice) => (device.mountPoint = "/srv"),
  mount_elsewhere: (device: FakeDevice) => (device.mountElsewhere = "/data"),
} as const;

const world = fc.record({
  disks: fc.array(
    fc.record({
      content: fc.constantFrom("", "ext4", "LVM2_member"),
      wish: fc.constantFrom("use", "erase", "match"),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  change: fc.record({
    disk: fc.nat(2),
    use: fc.constantFrom(...(Object.keys(uses) as (keyof typeof uses)[])),
    /** After so many commands of the agent. */
    after: fc.nat(40),
  }),
});

const build = ({ disks }: typeof world extends fc.Arbitrary<infer T> ? T : never): FakeStorage => {
  const storage = new FakeStorage();
  for (const [index, { content }] of disks.entries()) {
    storage.node.addDevice(path(index), 1024, {
      serial: `S${index}`,
      signatures: content === "" ? [] : [content],
      ...(content === "LVM2_member" ? { group: "unseen" } : {}),
    });
  }
  storage.wish({
    devices: disks.flatMap(({ wish }, index) =>
      wish === "match"
        ? []
        : [{ path: path(index), ...(wish === "erase" ? { wipe: true as const } : {}) }],
    ),
    match: { minSize: "1Gi" },
  });
  return storage;
};

/** The commands that write to a device, and may be given one that changed. */
const writes = new Set(["wipefs", "vgcreate", "vgextend", "pvremove"]);

test("a device that is used, foreign or changed between look and act is never written", async () => {
  const property = fc.asyncProperty(world, async (given) => {
    const storage = build(given);
    const { change, disks } = given;
    const victim = storage.node.devices[change.disk % disks.length];
    if (victim === undefined) throw new Error("there is no disk");
    let commands = 0;
    let used: "no" | "yes" = "no";
    const written: string[] = [];
    storage.node.trouble = (command) => {
      commands += 1;
      // A look begins with these: whoever comes after the last one is beyond what anybody can see.
      const isLook = ["stat", "lsblk", "fullreport"].includes(command.name);
      if (used === "no" && isLook && commands > change.after && victim.group === undefined) {
        uses[change.use](victim);
        used = "yes";
      }
      if (used === "yes" && writes.has(command.name) && command.args.includes(victim.path)) {
        written.push(command.name);
      }
      return undefined;
    };
    for (let look = 0; look < 7; look += 1) {
      await storage.settle();
      await storage.clock.advance(minutes(1));
    }
    expect(written).toEqual([]);
    const foreign = disks.map(({ content, wish }) =>
      content === "LVM2_member" || (content === "ext4" && wish !== "erase") ? [content] : "any",
    );
    const kept = storage.node.devices.map(({ signatures }, index) =>
      foreign[index] === "any" ? "any" : signatures,
    );
    expect(kept).toEqual(foreign);
  });
  await expect(fc.assert(property, { numRuns: 150 })).resolves.toBeUndefined();
});
