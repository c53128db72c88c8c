import path from "node:path";
import type { Context } from "./context.ts";
import { imageOf, makeImage } from "./disk-image.ts";
import { kernelNameOf, linkOf, serialOf } from "./disk-names.ts";
import { parseDiskSpec } from "./disk-spec.ts";
import { ClusterError } from "./errors.ts";
import { mustShareWell } from "./shared-disks.ts";
import type { DiskRecord, Layout, NodeRecord } from "./state-folder.ts";
import { readNodeRecord, readNodeRecords, writeRecord } from "./state-folder.ts";
import type { MachineDisk } from "./user-mode-linux.ts";
import { order, ubdArgument, unitLimit } from "./user-mode-linux.ts";

/** A disk as tests see it; its LVM name inside the node is `device`. */
export type Disk = {
  /** `disk1`, `disk2`, ... */
  readonly name: string;
  /** `/dev/ubdb`, `/dev/ubdc`, ...; `/dev/sda`, ... with sectors of 4096 bytes. */
  readonly device: string;
  /** A stable name below /dev/disk/by-id. */
  readonly link: string;
};

/** The machine that the disks are in, while it runs. */
type Machine = {
  readonly name: string;
  readonly isRunning: () => Promise<boolean>;
  readonly exec: (argv: readonly [string, ...string[]]) => Promise<unknown>;
};

/** The disk of a machine that the kernel's own driver serves, if it does. */
export const machineDiskOf = (paths: Layout, node: string, disk: DiskRecord): MachineDisk[] =>
  disk.sectors === 512
    ? [
        {
          unit: disk.unit,
          file: imageOf(paths, node, disk),
          serial: serialOf(node, disk),
          access: disk.shared === undefined ? "alone" : "shared",
        },
      ]
    : [];

/** What node-disk.sh is told of a disk, after `in` or `out`. */
export const diskArguments = ({ name, disks }: NodeRecord, disk: DiskRecord): string[] => [
  kernelNameOf(disk, disks),
  linkOf(name, disk),
  ...(disk.sectors === 512
    ? []
    : [`/run/stowage/node/${disk.name}.img`, `${disk.sizeBytes}`, serialOf(name, disk)]),
];

/** The disks of one node: sparse files of the host, which are plugged in and out. */
export class NodeDisks {
  readonly #context: Context;
  readonly #machine: Machine;

  constructor(context: Context, machine: Machine) {
    this.#context = context;
    this.#machine = machine;
  }

  async list(): Promise<readonly Disk[]> {
    const record = await this.#record();
    return record.disks.map((disk) => shown(record, disk));
  }

  /**
   * Plugs in a new empty disk as disk-spec.ts reads it, if the node runs: at once.
   * @throws ClusterError `disk_spec_invalid` or `disk_busy`
   */
  async add(spec: string): Promise<Disk> {
    const record = await this.#record();
    const unit = record.disks.length + 1;
    if (unit >= unitLimit) {
      throw new ClusterError(
        "disk_busy",
        `${this.#machine.name} has ${unit - 1} disks and takes no more`,
      );
    }
    const disk: DiskRecord = {
      ...parseDiskSpec(spec),
      name: `disk${unit}`,
      unit,
      plugged: "out",
    };
    const { layout } = this.#context;
    const changed = { ...record, disks: [...record.disks, disk] };
    const all = await readNodeRecords(layout);
    mustShareWell(all.map((one) => (one.name === changed.name ? changed : one)));
    await makeImage(layout, this.#machine.name, disk);
    await writeRecord(layout.nodeRecord(this.#machine.name), changed);
    return this.plug(disk.name);
  }

  /**
   * Takes a disk out of the running node; its content stays for `plug`.
   * @throws ClusterError `disk_busy` while something in the node, such as an active LV, has it open.
   */
  async pull(name: string): Promise<void> {
    const { record, disk } = await this.#find(name);
    if (disk.plugged === "out") return;
    if (await this.#machine.isRunning()) {
      // What udev looks at is open.
      if (record.host !== "plain") await this.#machine.exec(["udevadm", "settle"]);
      try {
        if (disk.sectors === 512) {
          await order(this.#context.layout.uml, this.#machine.name, `remove ubd${disk.unit}`);
        }
        await this.#tell("out", record, disk);
      } catch (error) {
        throw new ClusterError(
          "disk_busy",
          `${name} cannot be pulled out of ${this.#machine.name} while it is in use; deactivate its group or cut the power first`,
          { cause: error },
        );
      }
    }
    await this.#mark(name, "out");
  }

  /** Puts a pulled disk back under its old names. */
  async plug(name: string): Promise<Disk> {
    const { record, disk } = await this.#find(name);
    if (disk.plugged === "in") return shown(record, disk);
    if (await this.#machine.isRunning()) {
      const { layout } = this.#context;
      for (const ubd of machineDiskOf(layout, this.#machine.name, disk)) {
        await order(layout.uml, this.#machine.name, `config ${ubdArgument(ubd)}`);
      }
      await this.#tell("in", record, disk);
    }
    await this.#mark(name, "in");
    return shown(record, disk);
  }

  #tell(action: "in" | "out", record: NodeRecord, disk: DiskRecord): Promise<unknown> {
    const script = path.join("/run/stowage/node", "node-disk.sh");
    return this.#machine.exec(["bash", script, action, ...diskArguments(record, disk)]);
  }

  async #find(name: string): Promise<{ record: NodeRecord; disk: DiskRecord }> {
    const record = await this.#record();
    const disk = record.disks.find((candidate) => candidate.name === name);
    if (disk !== undefined) return { record, disk };
    throw new ClusterError(
      "disk_unknown",
      `${this.#machine.name} has no ${name}: it has ${record.disks.map((other) => other.name).join(", ") || "none"}`,
    );
  }

  async #mark(name: string, plugged: DiskRecord["plugged"]): Promise<void> {
    const record = await this.#record();
    for (const disk of record.disks) if (disk.name === name) disk.plugged = plugged;
    await writeRecord(this.#context.layout.nodeRecord(this.#machine.name), record);
  }

  #record(): Promise<NodeRecord> {
    return readNodeRecord(this.#context.layout, this.#machine.name);
  }
}

const shown = ({ name, disks }: NodeRecord, disk: DiskRecord): Disk => ({
  name: disk.name,
  device: kernelNameOf(disk, disks),
  link: linkOf(name, disk),
});
