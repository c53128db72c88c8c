import { rm, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import { parseQuantity } from "@stowage/capacity";
import { milliseconds, minutes } from "@stowage/clock";
import { addressesOf, controlPlaneAddress, linkTo } from "./address-plan.ts";
import type { NodeAddresses } from "./address-plan.ts";
import { exists } from "./cache-folder.ts";
import { command } from "./command.ts";
import type { Context } from "./context.ts";
import { waitFor } from "./deadline.ts";
import { ClusterError } from "./errors.ts";
import { runInNode } from "./exec-client.ts";
import type { ExecOptions, ExecResult } from "./exec-client.ts";
import { execPort } from "./exec-protocol.ts";
import { nodeInit } from "./golden-state.ts";
import { httpGet } from "./http-get.ts";
import { readCredentials } from "./kubeconfig.ts";
import { ipBatch } from "./namespace.ts";
import { nodeObject, whyNotReady } from "./node-readiness.ts";
import { isAlive, kill, start, tailOf } from "./processes.ts";
import {
  nodeRecord,
  processIdentity,
  readRecord,
  writeRecord,
  writeWhole,
} from "./state-folder.ts";
import type { DiskRecord, NodeRecord } from "./state-folder.ts";
import { deviceOf, machineArgv, order, unitLimit, xstateLibrary } from "./user-mode-linux.ts";

/** A disk as tests see it; its LVM name inside the node is `device`. */
export type Disk = {
  /** `disk1`, `disk2`, ... */
  readonly name: string;
  /** `/dev/ubdb`, `/dev/ubdc`, ... */
  readonly device: string;
  /** A stable name below /dev/disk/by-id. */
  readonly link: string;
};

export type NodeLog = "console" | "kubelet" | "containerd";

/** One node: a user-mode Linux with kubelet, containerd and LVM. */
export class Node {
  readonly name: string;
  readonly addresses: NodeAddresses;
  readonly #context: Context;

  constructor(context: Context, name: string, index: number) {
    this.#context = context;
    this.name = name;
    this.addresses = addressesOf(index);
  }

  /**
   * Runs a command in the node as root.
   * @throws ClusterError `exec_failed` unless it exits with 0.
   */
  async exec(argv: readonly [string, ...string[]], options: ExecOptions = {}): Promise<ExecResult> {
    const result = await this.tryExec(argv, options);
    if (result.exitCode === 0) return result;
    throw new ClusterError(
      "exec_failed",
      `\`${argv.join(" ")}\` in ${this.name} exited with ${result.exitCode}\n${`${result.stderr}\n${result.stdout}`.trim()}`,
    );
  }

  /** As `exec`, but every exit code is a result. */
  async tryExec(
    argv: readonly [string, ...string[]],
    options: ExecOptions = {},
  ): Promise<ExecResult> {
    await this.#mustRun();
    return runInNode(
      this.#context.layout.gateway,
      { host: this.addresses.controlAddress, port: execPort },
      argv,
      options,
    );
  }

  async isRunning(): Promise<boolean> {
    const identity = await this.#identity();
    return identity !== undefined && (await isAlive(identity));
  }

  /** Ends the node at once, as when its power fails: what it had not written out is lost. */
  async powerCut(): Promise<void> {
    const identity = await this.#identity();
    if (identity === undefined) return;
    const { clock, layout } = this.#context;
    await kill(clock, layout.folder, `node ${this.name}`, identity);
  }

  /**
   * Starts the node, if it is not running, with the disks that it had, and waits until it takes
   * commands; see `ready` for the kubelet.
   * @throws ClusterError `process_died` or `timed_out`, with the end of its console.
   */
  async boot(): Promise<void> {
    if (await this.isRunning()) return;
    const { layout, namespace, binaries, clock } = this.#context;
    const record = await this.#record();
    const disks = record.disks.filter((disk) => disk.plugged === "in");
    await this.#writeDiskList(disks);
    // The exec server writes it: looking at a file is cheaper than trying to connect to a machine
    // that does not answer yet.
    const booted = path.join(layout.node(this.name), "booted");
    await rm(booted, { force: true });
    const { identity } = await start({
      argv: machineArgv({
        name: this.name,
        memory: record.memory,
        folder: layout.uml,
        disks: [
          { unit: 0, file: layout.stateImage(this.name) },
          ...disks.map(({ unit, name }) => ({ unit, file: layout.disk(this.name, name) })),
        ],
        taps: [this.addresses.tap, this.addresses.controlTap],
        init: nodeInit,
        environment: {
          stowage_folder: layout.node(this.name),
          stowage_binaries: binaries,
          stowage_program: path.dirname(process.execPath),
          stowage_task: "join",
        },
      }),
      env: { LD_PRELOAD: await xstateLibrary() },
      folder: layout.folder,
      log: this.logFile("console"),
      namespace,
    });
    await writeRecord(layout.process(`node-${this.name}`), identity);
    await waitFor(
      {
        clock,
        what: `node ${this.name} to boot`,
        limit: minutes(1),
        explain: () => tailOf(this.logFile("console")),
      },
      async () => {
        await this.#mustRun();
        return (await exists(booted))
          ? { kind: "there", value: undefined }
          : { kind: "not yet", why: "its exec server does not listen" };
      },
    );
  }

  /** Waits until the kubelet of this very boot has told the API server that the node is Ready. */
  async ready(): Promise<void> {
    const { clock, layout } = this.#context;
    const { stdout } = await this.exec(["cat", "/proc/sys/kernel/random/boot_id"]);
    const bootId = stdout.trim();
    const credentials = await readCredentials(layout.pki, "admin");
    await waitFor(
      {
        clock,
        what: `node ${this.name} to be Ready`,
        limit: minutes(2),
        every: milliseconds(200),
        explain: async () =>
          `${await tailOf(this.logFile("kubelet"))}\n${await tailOf(this.logFile("console"), 5)}`,
      },
      async () => {
        await this.#mustRun();
        try {
          const { status, body } = await httpGet({
            gateway: layout.gateway,
            target: { host: controlPlaneAddress, port: 443 },
            path: `/api/v1/nodes/${this.name}`,
            credentials,
          });
          if (status !== 200) return { kind: "not yet", why: `the API server answers ${status}` };
          const why = whyNotReady(nodeObject.parse(JSON.parse(body)), bootId);
          return why === undefined ? { kind: "there", value: undefined } : { kind: "not yet", why };
        } catch (error) {
          return { kind: "not yet", why: String(error) };
        }
      },
    );
  }

  /** Cuts the node off from the other nodes, the API server and the scheduler; `exec` still works. */
  async pauseNetwork(): Promise<void> {
    await ipBatch(this.#context.namespace, linkTo(this.addresses, "paused"));
  }

  async resumeNetwork(): Promise<void> {
    await ipBatch(this.#context.namespace, linkTo(this.addresses, "joined"));
  }

  async disks(): Promise<readonly Disk[]> {
    return (await this.#record()).disks.map((disk) => this.#disk(disk));
  }

  /** Plugs in a new empty disk of `size` (a Kubernetes quantity), if the node runs: at once. */
  async addDisk(size: string): Promise<Disk> {
    const record = await this.#record();
    const unit = record.disks.length + 1;
    if (unit >= unitLimit) {
      throw new ClusterError("disk_busy", `${this.name} has ${unit - 1} disks and takes no more`);
    }
    const sizeBytes = parseQuantity(size);
    const disk: DiskRecord = { name: `disk${unit}`, unit, sizeBytes, plugged: "out" };
    const file = this.#context.layout.disk(this.name, disk.name);
    await writeFile(file, "", { flag: "wx" });
    await truncate(file, sizeBytes);
    await writeRecord(this.#context.layout.nodeRecord(this.name), {
      ...record,
      disks: [...record.disks, disk],
    });
    return this.plugDisk(disk.name);
  }

  /**
   * Takes a disk out of the running node; its content stays for `plugDisk`.
   * @throws ClusterError `disk_busy` while something in the node, such as an active LV, has it open.
   */
  async pullDisk(name: string): Promise<void> {
    const disk = await this.#find(name);
    if (disk.plugged === "out") return;
    if (await this.isRunning()) {
      try {
        await order(this.#context.layout.uml, this.name, `remove ubd${disk.unit}`);
      } catch (error) {
        throw new ClusterError(
          "disk_busy",
          `${name} cannot be pulled out of ${this.name} while it is in use; deactivate its group or cut the power first`,
          { cause: error },
        );
      }
      await this.exec(["rm", "-f", this.#disk(disk).link]);
    }
    await this.#mark(name, "out");
  }

  /** Puts a pulled disk back under its old names. */
  async plugDisk(name: string): Promise<Disk> {
    const record = await this.#find(name);
    const disk = this.#disk(record);
    if (record.plugged === "in") return disk;
    if (await this.isRunning()) {
      const { layout } = this.#context;
      await order(
        layout.uml,
        this.name,
        `config ubd${record.unit}=${layout.disk(this.name, name)}`,
      );
      await this.exec(["ln", "-sfn", `../../${path.basename(disk.device)}`, disk.link]);
    }
    await this.#mark(name, "in");
    return disk;
  }

  /** On the host; it outlives power cuts. */
  logFile(log: NodeLog): string {
    return path.join(this.#context.layout.node(this.name), `${log}.log`);
  }

  /**
   * Imports an image archive, as of `docker save` or an OCI archive, into the node's containerd.
   * Layers that the node has already may be missing from it.
   */
  async loadImage(archive: string): Promise<void> {
    const name = `import-${process.pid}-${path.basename(archive)}`;
    const here = path.join(this.#context.layout.node(this.name), name);
    await command(["cp", "--reflink=auto", archive, here]);
    try {
      await this.exec([
        "ctr",
        "-n",
        "k8s.io",
        "images",
        "import",
        "--local",
        `/run/stowage/node/${name}`,
      ]);
      // Without it a power cut leaves empty files behind under the right names.
      await this.exec(["sync"]);
    } finally {
      await rm(here, { force: true });
    }
  }

  #disk({ name, unit }: DiskRecord): Disk {
    return { name, device: deviceOf(unit), link: `/dev/disk/by-id/virtio-${this.name}-${name}` };
  }

  async #find(name: string): Promise<DiskRecord> {
    const { disks } = await this.#record();
    const disk = disks.find((candidate) => candidate.name === name);
    if (disk !== undefined) return disk;
    throw new ClusterError(
      "disk_unknown",
      `${this.name} has no ${name}: it has ${disks.map((other) => other.name).join(", ") || "none"}`,
    );
  }

  async #mark(name: string, plugged: DiskRecord["plugged"]): Promise<void> {
    const record = await this.#record();
    for (const disk of record.disks) if (disk.name === name) disk.plugged = plugged;
    await writeRecord(this.#context.layout.nodeRecord(this.name), record);
  }

  /** Tells node-init.sh which links to make. */
  async #writeDiskList(disks: readonly DiskRecord[]): Promise<void> {
    const lines = disks.map(({ name, unit }) => `${name} ${deviceOf(unit)}\n`);
    await writeWhole(path.join(this.#context.layout.node(this.name), "disks"), lines.join(""));
  }

  async #record(): Promise<NodeRecord> {
    const file = this.#context.layout.nodeRecord(this.name);
    const record = await readRecord(file, nodeRecord);
    if (record !== undefined) return record;
    throw new ClusterError("node_unknown", `${file} is gone: the cluster was removed meanwhile`);
  }

  #identity() {
    return readRecord(this.#context.layout.process(`node-${this.name}`), processIdentity);
  }

  async #mustRun(): Promise<void> {
    if (await this.isRunning()) return;
    throw new ClusterError(
      "process_died",
      `node ${this.name} is down\n${await tailOf(this.logFile("console"))}`,
    );
  }
}
