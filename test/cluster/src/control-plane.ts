import path from "node:path";
import { minutes, seconds } from "@stowage/clock";
import { controlPlaneAddress } from "./address-plan.ts";
import { componentOf } from "./components.ts";
import type { Component, ComponentName } from "./components.ts";
import type { Context } from "./context.ts";
import { waitFor } from "./deadline.ts";
import type { Look } from "./deadline.ts";
import { ClusterError } from "./errors.ts";
import { httpGet } from "./http-get.ts";
import { readCredentials } from "./kubeconfig.ts";
import { isAlive, kill, start, tailOf, terminate } from "./processes.ts";
import {
  completeSchedulerConfiguration,
  readSchedulerConfiguration,
} from "./scheduler-configuration.ts";
import type { SchedulerConfiguration } from "./scheduler-configuration.ts";
import { processIdentity, readRecord, writeRecord, writeWhole } from "./state-folder.ts";
import type { ProcessIdentity } from "./state-folder.ts";

/** etcd, kube-apiserver, kube-controller-manager and kube-scheduler, each by itself. */
export class ControlPlane {
  readonly #context: Context;
  readonly #controllerManagerFlags: readonly string[];

  constructor(context: Context, controllerManagerFlags: readonly string[]) {
    this.#context = context;
    this.#controllerManagerFlags = controllerManagerFlags;
  }

  /**
   * Starts the component, if it is not running, and waits until it says that it is ready.
   * @throws ClusterError `process_died` or `timed_out`, with the last lines of its log.
   */
  async start(name: ComponentName): Promise<void> {
    if (await this.isRunning(name)) return;
    const { layout, namespace, binaries } = this.#context;
    const component = this.#component(name);
    const { identity } = await start({
      argv: [path.join(binaries, name), ...component.flags],
      folder: layout.folder,
      log: layout.log(name),
      namespace,
    });
    await writeRecord(layout.process(name), identity);
    await this.ready(name);
  }

  /** Asks the component to end and waits until it has. */
  async stop(name: ComponentName): Promise<void> {
    const identity = await this.#identity(name);
    if (identity !== undefined) await terminate(this.#context.clock, name, identity);
  }

  /** SIGKILL: the component gets no chance to tidy up. */
  async kill(name: ComponentName): Promise<void> {
    const identity = await this.#identity(name);
    if (identity === undefined) return;
    await kill(this.#context.clock, this.#context.layout.folder, name, identity);
  }

  /** Stops the scheduler and starts it with another configuration, or with the one it had. */
  async restartScheduler(configuration?: SchedulerConfiguration): Promise<void> {
    await this.stop("kube-scheduler");
    if (configuration !== undefined) await this.writeSchedulerConfiguration(configuration);
    await this.start("kube-scheduler");
  }

  async writeSchedulerConfiguration(
    configuration: SchedulerConfiguration | undefined,
  ): Promise<void> {
    const { layout } = this.#context;
    await writeWhole(
      layout.schedulerConfiguration,
      completeSchedulerConfiguration(
        await readSchedulerConfiguration(configuration),
        layout.kubeconfig("kube-scheduler"),
      ),
    );
  }

  async isRunning(name: ComponentName): Promise<boolean> {
    const identity = await this.#identity(name);
    return identity !== undefined && (await isAlive(identity));
  }

  /** Waits until a running component says that it is ready. Errors as of `start`. */
  async ready(name: ComponentName): Promise<void> {
    const log = this.logFile(name);
    await waitFor(
      {
        clock: this.#context.clock,
        what: `${name} to be ready`,
        limit: minutes(1.5),
        explain: () => tailOf(log),
      },
      async () => {
        if (!(await this.isRunning(name))) {
          throw new ClusterError("process_died", `${name} ended\n${await tailOf(log)}`);
        }
        return this.#look(this.#component(name));
      },
    );
  }

  logFile(name: ComponentName): string {
    return this.#context.layout.log(name);
  }

  async #look({ ready }: Component): Promise<Look<void>> {
    const { layout } = this.#context;
    try {
      const { status, body } = await httpGet({
        gateway: layout.gateway,
        target: { host: ready.port === 443 ? controlPlaneAddress : "127.0.0.1", port: ready.port },
        path: ready.path,
        limit: seconds(5),
        ...(ready.scheme === "https"
          ? { credentials: await readCredentials(layout.pki, "admin") }
          : {}),
      });
      return status === 200
        ? { kind: "there", value: undefined }
        : {
            kind: "not yet",
            why: `it answers ${status}: ${body.trim().split("\n").slice(-5).join("; ")}`,
          };
    } catch (error) {
      return { kind: "not yet", why: String(error) };
    }
  }

  #component(name: ComponentName): Component {
    return componentOf(name, {
      layout: this.#context.layout,
      controllerManagerFlags: this.#controllerManagerFlags,
    });
  }

  #identity(name: ComponentName): Promise<ProcessIdentity | undefined> {
    return readRecord(this.#context.layout.process(name), processIdentity);
  }
}
