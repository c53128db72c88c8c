import { truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseQuantity } from "@stowage/capacity";
import type { Context } from "./context.ts";
import { ClusterError } from "./errors.ts";
import type { DiskRecord } from "./state-folder.ts";
import { readNodeRecord, writeRecord } from "./state-folder.ts";
import { deviceOf, order, unitLimit } from "./user-mode-linux.ts";

/** A disk as tests see it; its LVM name inside the node is `device`. */
export type Disk = {
  /** `disk1`, `disk2`, ... */
  readonly name: string;
  /** `/dev/ubdb`, `/dev/ubdc`, ... */
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

/** The disks of one node: sparse files of the host, which are plugged in and out. */
export class NodeDisks {
  readonly #context: Context;
  readonly #machine: Machine;

  constructor(context: Context, machine: Machine) {
    this.#context = context;
    this.#machine = machine;
  }

  async list(): Promise<readonly Disk[]> {
    return (await this.#record()).disks.map((disk) => this.#disk(disk));
  }

  /** Plugs in a new empty disk of `size` (a Kubernetes quantity), if the node runs: at once. */
  async add(size: string): Promise<Disk> {
    const record = await this.#record();
    const unit = record.disks.length + 1;
    if (unit >= unitLimit) {
      throw new ClusterError(
        "disk_busy",
        `${this.#machine.name} has ${unit - 1} disks and takes no more`,
      );
    }
    const sizeBytes = parseQuantity(size);
    const disk: DiskRecord = { name: `disk${unit}`, unit, sizeBytes, plugged: "out" };
    const file = this.#context.layout.disk(this.#machine.name, disk.name);
    await writeFile(file, "", { flag: "wx" });
    await truncate(file, sizeBytes);
    await writeRecord(this.#context.layout.nodeRecord(this.#machine.name), {
      ...record,
      disks: [...record.disks, disk],
    });
    return this.plug(disk.name);
  }

  /**
   * Takes a disk out of the running node; its content stays for `plug`.
   * @throws ClusterError `disk_busy` while something in the node, such as an active LV, has it open.
   */
  async pull(name: string): Promise<void> {
    const disk = await this.#find(name);
    if (disk.plugged === "out") return;
    if (await this.#machine.isRunning()) {
      try {
        await order(this.#context.layout.uml, this.#machine.name, `remove ubd${disk.unit}`);
      } catch (error) {
        throw new ClusterError(
          "disk_busy",
          `${name} cannot be pulled out of ${this.#machine.name} while it is in use; deactivate its group or cut the power first`,
          { cause: error },
        );
      }
      await this.#machine.exec(["rm", "-f", this.#disk(disk).link]);
    }
    await this.#mark(name, "out");
  }

  /** Puts a pulled disk back under its old names. */
  async plug(name: string): Promise<Disk> {
    const record = await this.#find(name);
    const disk = this.#disk(record);
    if (record.plugged === "in") return disk;
    if (await this.#machine.isRunning()) {
      const { layout } = this.#context;
      await order(
        layout.uml,
        this.#machine.name,
        `config ubd${record.unit}=${layout.disk(this.#machine.name, name)}`,
      );
      await this.#machine.exec(["ln", "-sfn", `../../${path.basename(disk.device)}`, disk.link]);
    }
    await this.#mark(name, "in");
    return disk;
  }

  #disk({ name, unit }: DiskRecord): Disk {
    return {
      name,
      device: deviceOf(unit),
      link: `/dev/disk/by-id/virtio-${this.#machine.name}-${name}`,
    };
  }

  async #find(name: string): Promise<DiskRecord> {
    const { disks } = await this.#record();
    const disk = disks.find((candidate) => candidate.name === name);
    if (disk !== undefined) return disk;
    throw new ClusterError(
      "disk_unknown",
      `${this.#machine.name} has no ${name}: it has ${disks.map((other) => other.name).join(", ") || "none"}`,
    );
  }

  async #mark(name: string, plugged: DiskRecord["plugged"]): Promise<void> {
    const record = await this.#record();
    for (const disk of record.disks) if (disk.name === name) disk.plugged = plugged;
    await writeRecord(this.#context.layout.nodeRecord(this.#machine.name), record);
  }

  #record() {
    return readNodeRecord(this.#context.layout, this.#machine.name);
  }
}
