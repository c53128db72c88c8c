import type { Command } from "@stowage/lvm";
import type { FakeDevice } from "./fake-disks.ts";
import type { Side, TwoHosts } from "./two-hosts.ts";
import { lunPath } from "./two-hosts.ts";

/** What comes between an agent's look and what it does then. */
export const strikeKinds = [
  "opened",
  "loop",
  "mounted",
  "mounted_elsewhere",
  "partitioned",
  "replaced",
  "stranger",
  "snapshot_of_waiting",
  "snapshot_of_going",
  "by_hand",
  "without_effect",
  "then_death",
] as const;

type StrikeKind = (typeof strikeKinds)[number];

export type Strike = {
  readonly side: 0 | 1;
  /** After so many commands of that node, at the first moment at which it can be. */
  readonly after: number;
  readonly kind: StrikeKind;
  readonly nth: number;
};

/**
 * How often each has come true. What is left undone is what no look could show: between the last look
 * for users and the write, and on a disk of a group.
 */
export type Struck = Map<StrikeKind, number>;

/** Lets the strikes befall the hosts, each once. */
export const arm = (hosts: TwoHosts, strikes: readonly Strike[], struck: Struck): void => {
  const left = new Set(strikes);
  /** Since the last look for users, until what was looked for is written. */
  const isBlind = new Map<Side, boolean>();
  let replaced = 0;
  hosts.before = (side, command, count) => {
    const { name } = command;
    side.storage.node.spell = () => "none";
    if (name === "find open files") isBlind.set(side, true);
    if (name === "lsblk" || writes.has(name)) isBlind.set(side, false);
    for (const strike of left) {
      if (hosts.sides[strike.side] !== side || count < strike.after) continue;
      const isSeen = isBlind.get(side) !== true && looks.has(name);
      const isDone = befall(strike, { hosts, side, command, isSeen, number: replaced });
      if (!isDone) continue;
      replaced += 1;
      left.delete(strike);
      struck.set(strike.kind, (struck.get(strike.kind) ?? 0) + 1);
      return;
    }
  };
};

const looks = new Set(["stat", "lsblk", "fullreport"]);
const writes = new Set(["vgcreate", "vgextend", "wipefs"]);

/** Without effect, LVM and the kernel's own tools have no way to be found out: they wrote nothing, and said so. */
const provable = new Set(["lvcreate", "lvremove", "lvextend", "vgcreate", "vgextend", "lvchange"]);

type Moment = {
  readonly hosts: TwoHosts;
  readonly side: Side;
  readonly command: Command;
  /** Whether a look for users is still to come. */
  readonly isSeen: boolean;
  readonly number: number;
};

const befall = ({ kind, nth }: Strike, moment: Moment): boolean => {
  const { hosts, side, command, isSeen } = moment;
  const { node } = side.storage;
  const { tenants } = side;
  switch (kind) {
    case "without_effect":
    case "then_death":
      if (command.access === "read") return false;
      if (kind === "without_effect" && !provable.has(command.name)) return false;
      node.spell = () => kind;
      return true;
    case "by_hand":
      tenants.makeByHand(1 + (nth % 3));
      return true;
    case "snapshot_of_waiting": {
      const written = writtenBy(command);
      if (command.name !== "blkdiscard" || !tenants.isCondemned(written)) return false;
      const [first] = tenants.waiting(written);
      if (first === undefined) return false;
      tenants.snapshotOf(first);
      return true;
    }
    case "snapshot_of_going": {
      const going = tenants.volumeOf({ name: (command.args.at(-1) ?? "").split("/")[1] ?? "" });
      if (command.name !== "lvremove" || going === undefined) return false;
      if (!tenants.isCondemned(going.name)) return false;
      tenants.snapshotOf(going);
      return true;
    }
    case "opened":
    case "loop":
    case "mounted":
    case "mounted_elsewhere":
    case "partitioned":
    case "replaced":
    case "stranger": {
      const device = victimOf(hosts, side, nth);
      if (device === undefined) return false;
      // LVM, and whoever holds a device exclusively, is asked by the write itself.
      if (!isSeen && kind !== "stranger" && kind !== "mounted") return false;
      return strikeDevice(kind, device, moment);
    }
  }
};

const writtenBy = ({ args }: Command): string => (args.at(-1) ?? "").split("/").at(-1) ?? "";

/** A disk that is in no group and was not a moment ago; one that both see only where the other host wants nothing of it. */
const victimOf = ({ sides }: TwoHosts, side: Side, nth: number): FakeDevice | undefined => {
  const { node } = side.storage;
  const other = sides.find((one) => one !== side);
  const isAlone = other?.wishes.get(lunPath) === "none";
  const free = node.devices.filter(
    ({ path, group, disk, presence, signatures }) =>
      group === undefined &&
      !signatures.includes("LVM2_member") &&
      disk === undefined &&
      presence !== "missing" &&
      (path !== lunPath || isAlone),
  );
  return free[nth % Math.max(1, free.length)];
};

type DeviceStrike = Exclude<
  StrikeKind,
  "without_effect" | "then_death" | "by_hand" | "snapshot_of_waiting" | "snapshot_of_going"
>;

const strikeDevice = (kind: DeviceStrike, device: FakeDevice, moment: Moment): boolean => {
  const { side, hosts, number } = moment;
  const { node } = side.storage;
  const { path } = device;
  const wished = side.wishes.get(path);
  const own = (taken: FakeDevice, owner: string): void => {
    for (const place of node.placesOn(taken)) hosts.ground.own(place, owner);
  };
  switch (kind) {
    case "opened":
      device.openers = new Map([[number + 5, "/usr/bin/dd"]]);
      break;
    case "loop":
      device.loop = { name: `/dev/loop${number}`, file: path };
      break;
    case "mounted":
      device.mountPoint = "/srv";
      break;
    case "mounted_elsewhere":
      device.mountElsewhere = "/data";
      break;
    case "partitioned":
      // An entry that says wipe means a table, too, if it is told before.
      if (wished === "erase") return false;
      device.signatures.push("dos");
      node.addDevice(`${path}-part1`, 16, { disk: path, type: "part", signatures: ["xfs"] });
      break;
    case "stranger":
      device.signatures.splice(0, device.signatures.length, "LVM2_member");
      node.addGroup("theirs", [], [], `theirs-${number}`);
      device.group = `theirs-${number}`;
      break;
    case "replaced": {
      const more = {
        serial: `another-${number}`,
        ...(device.transport === undefined ? {} : { transport: device.transport }),
      };
      device.presence = "missing";
      const other = node.addDevice(path, 80, {
        ...more,
        uuid: `uuid-another-${number}`,
        // An entry that says wipe means whatever disk is there, if it is told before.
        signatures: [wished === "erase" ? "LVM2_member" : "ext4"],
      });
      if (wished === "erase") {
        node.addGroup("theirs", [], [], `theirs-${number}`);
        other.group = `theirs-${number}`;
      }
      own(other, "whoever has the other disk");
      return true;
    }
  }
  own(device, kind);
  return true;
};
