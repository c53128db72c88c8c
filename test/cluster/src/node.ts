import { rm } from "node:fs/promises";
import path from "node:path";
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
import { httpGet } from "./http-get.ts";
import { readCredentials } from "./kubeconfig.ts";
import { ipBatch } from "./namespace.ts";
import type { HostKind } from "./host-kinds.ts";
import type { Disk } from "./node-disks.ts";
import { diskArguments, machineDiskOf, NodeDisks } from "./node-disks.ts";
import { nodeObject, whyNotReady } from "./node-readiness.ts";
import { isAlive, kill, start, tailOf } from "./processes.ts";
import {
  processIdentity,
  readNodeRecord,
  readRecord,
  writeRecord,
  writeWhole,
} from "./state-folder.ts";
import { endOfConsole, machineArgv } from "./user-mode-linux.ts";

const nodeInit = path.join(import.meta.dirname, "node-init.sh");

export type NodeLog = "console" | "kubelet" | "containerd";

/** One node: a user-mode Linux with kubelet, containerd and LVM. */
export class Node {
  readonly name: string;
  readonly addresses: NodeAddresses;
  readonly #context: Context;
  readonly #disks: NodeDisks;

  constructor(context: Context, name: string, index: number) {
    this.#context = context;
    this.name = name;
    this.addresses = addressesOf(index);
    this.#disks = new NodeDisks(context, this);
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
   * commands; see `ready` for the kubelet. A node that panics meanwhile is started once more, with a
   * warning that shows the end of its console: it is what runs the tests, not what they test.
   * @throws ClusterError `process_died` or `timed_out`, with the end of its console.
   */
  async boot(): Promise<void> {
    if (await this.isRunning()) return;
    try {
      await this.#bootOnce();
    } catch (error) {
      if (!(error instanceof ClusterError) || error.code !== "process_died") throw error;
      process.emitWarning(`${error.message}\nIt is started once more.`);
      await this.powerCut();
      await this.#bootOnce();
    }
  }

  async #bootOnce(): Promise<void> {
    const { layout, namespace, binaries, kernel, clock } = this.#context;
    const record = await readNodeRecord(layout, this.name);
    const disks = record.disks.filter((disk) => disk.plugged === "in");
    // Tells node-init.sh what to run node-disk.sh with.
    await writeWhole(
      path.join(layout.node(this.name), "disks"),
      disks.map((disk) => `${diskArguments(record, disk).join(" ")}\n`).join(""),
    );
    // The exec server writes it: looking at a file is cheaper than trying to connect to a machine
    // that does not answer yet.
    const booted = path.join(layout.node(this.name), "booted");
    await rm(booted, { force: true });
    // A machine killed just now keeps its name until its parent has seen its end; the new one would
    // take another and not hear what it is told by this one.
    await rm(path.join(layout.uml, this.name), { recursive: true, force: true });
    const { identity } = await start({
      argv: machineArgv(kernel, {
        name: this.name,
        memory: record.memory,
        folder: layout.uml,
        disks: [
          { unit: 0, file: layout.stateImage(this.name) },
          ...disks.flatMap((disk) => machineDiskOf(layout, this.name, disk)),
        ],
        taps: [this.addresses.tap, this.addresses.controlTap],
        init: nodeInit,
        environment: {
          stowage_folder: layout.node(this.name),
          stowage_binaries: binaries,
          stowage_program: path.dirname(process.execPath),
          stowage_host: record.host,
        },
      }),
      env: kernel.env,
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
        explain: () => endOfConsole(this.logFile("console")),
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

  async host(): Promise<HostKind> {
    return (await readNodeRecord(this.#context.layout, this.name)).host;
  }

  disks(): Promise<readonly Disk[]> {
    return this.#disks.list();
  }

  /** Plugs in a new empty disk, such as `4Gi` (disk-spec.ts), if the node runs: at once. */
  addDisk(spec: string): Promise<Disk> {
    return this.#disks.add(spec);
  }

  /**
   * Takes a disk out of the running node; its content stays for `plugDisk`.
   * @throws ClusterError `disk_busy` while something in the node, such as an active LV, has it open.
   */
  pullDisk(name: string): Promise<void> {
    return this.#disks.pull(name);
  }

  /** Puts a pulled disk back under its old names. */
  plugDisk(name: string): Promise<Disk> {
    return this.#disks.plug(name);
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

  #identity() {
    return readRecord(this.#context.layout.process(`node-${this.name}`), processIdentity);
  }

  async #mustRun(): Promise<void> {
    if (await this.isRunning()) return;
    throw new ClusterError(
      "process_died",
      `node ${this.name} is down\n${await endOfConsole(this.logFile("console"))}`,
    );
  }
}
