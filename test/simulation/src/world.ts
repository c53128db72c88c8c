import { nodeLocalStorageName, provisionerName } from "@stowage/api";
import { seconds, VirtualClock } from "@stowage/clock";
import { ApiServer } from "@stowage/kube/testing";
import type { StoreEvent } from "@stowage/kube/testing";
import { Kubelet } from "./actors/kubelet.ts";
import { Scheduler } from "./actors/scheduler.ts";
import { Ticker } from "./actors/ticker.ts";
import { VolumeController } from "./actors/volume-controller.ts";
import { ClusterState } from "./cluster.ts";
import { Coverage } from "./coverage.ts";
import { Host } from "./host.ts";
import { Invariants } from "./invariants.ts";
import type { Strike } from "./life.ts";
import { Network } from "./network.ts";
import { Program } from "./program.ts";
import type { Asked } from "./programs.ts";
import { runAgentOn, runExtenderReplica, runProvisionerReplica } from "./programs.ts";
import { Random } from "./random.ts";
import { Story } from "./story.ts";
import { Violation } from "./violation.ts";
import { wordsOfChange } from "./words.ts";

const nodeNames = ["n1", "n2", "n3"];
const deviceMebibytes = 1029;
/** So often the clock is looked at within one event only by a program that hangs. */
const mostLooks = 20_000;
const probePeriod = seconds(5);

/** Three nodes with a group each, the programs, and everyone they have to do with. */
export class World {
  readonly clock = new VirtualClock(1_700_000_000_000 as ReturnType<VirtualClock["now"]>);
  readonly random: Random;
  readonly story: Story;
  readonly coverage = new Coverage();
  readonly cluster: ClusterState;
  readonly network: Network;
  readonly hosts = new Map<string, Host>();
  readonly kubelets: Kubelet[] = [];
  /** Agents, provisioners, extenders. */
  readonly programs: Program[] = [];
  readonly scheduler: Scheduler;
  readonly invariants: Invariants;
  readonly #extenders = new Map<string, Asked>();
  readonly #tickers: Ticker[] = [];
  #looks = 0;
  /** The first break that was found. */
  broken: Error | undefined;

  constructor(seed: number, mode: "kept" | "dropped") {
    this.random = new Random(seed);
    this.story = new Story(this.clock, mode);
    this.cluster = new ClusterState(this.clock);
    this.invariants = new Invariants(this.cluster, this.clock, this.hosts);
    const server = new ApiServer(this.cluster.store, { pageSize: 500 });
    this.network = new Network({
      answer: (life, request) => this.cluster.as(life.name, () => server.answer(request)),
      store: this.cluster.store,
      compact: () => server.compact(),
      clock: this.clock,
      random: this.random.fork("network"),
    });
    this.scheduler = new Scheduler({
      cluster: this.cluster,
      clock: this.clock,
      random: this.random.fork("scheduler"),
      story: this.story,
      extender: () => this.#extender(),
    });
    const controllers = new VolumeController(this.cluster, this.random.fork("controllers"));
    this.#watchOver(() => controllers.look(), "controllers");
    this.#watchOver(() => this.scheduler.look(), "scheduler");
    this.cluster.store.subscribe((event) => this.#stored(event));
    this.#install();
  }

  /** Keeps the first break; whatever is done after it counts for nothing. */
  check(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.broken ??= error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Moves on to the next event. */
  async step(): Promise<void> {
    this.#looks = 0;
    await this.clock.step();
  }

  /** Lets go of all that the programs had in hand. */
  release(): void {
    for (const program of this.programs) program.release();
  }

  /** The provisioner that holds the lease, or held it last. */
  leader(): Program | undefined {
    const holder = this.cluster.all("leases")[0]?.spec.holderIdentity ?? "";
    return this.programs.find(({ name }) => holder.startsWith(`${name}_`));
  }

  kick(): void {
    for (const ticker of this.#tickers) ticker.kick();
  }

  #install(): void {
    const { cluster } = this;
    for (const [name, reclaimPolicy, volumeBindingMode] of [
      ["fast", "Delete", "WaitForFirstConsumer"],
      ["kept", "Retain", "WaitForFirstConsumer"],
      ["at-once", "Delete", "Immediate"],
    ] as const) {
      cluster.create("admin", "storageclasses", {
        metadata: { name },
        provisioner: provisionerName,
        parameters: { volumeGroup: "fast" },
        reclaimPolicy,
        volumeBindingMode,
      });
    }
    for (const name of nodeNames) this.#installNode(name);
    for (const name of ["provisioner-a", "provisioner-b"]) {
      this.#program(name, (life, signal) => runProvisionerReplica(life, signal, this));
    }
    for (const name of ["extender-a", "extender-b"]) {
      this.#program(name, (life, signal) =>
        runExtenderReplica(life, signal, this, (asked) => this.#extenders.set(name, asked)),
      );
    }
    for (const program of this.programs) program.start();
    const probe = (): void => {
      for (const kubelet of this.kubelets) kubelet.probe();
      this.kick();
      this.clock.schedule(probePeriod, probe);
    };
    this.clock.schedule(probePeriod, probe);
  }

  #installNode(name: string): void {
    const host = new Host(name, {
      clock: this.clock,
      random: this.random.fork(name),
      story: this.story,
      changed: (changed) => this.check(() => this.invariants.changed(changed)),
    });
    this.hosts.set(name, host);
    // Each node has disks of its own: none is known by another's UUID.
    const uuid = (disk: string): string => `uuid-${name}-${disk}`;
    host.node.addDevice("/dev/vdb", deviceMebibytes, { uuid: uuid("vdb") });
    host.node.addDevice("/dev/vdc", 261, { uuid: uuid("vdc") });
    host.node.addDevice("/dev/vdd", 261, {
      uuid: uuid("vdd"),
      signatures: ["ext4"],
      serial: "foreign",
    });
    for (const device of host.node.devices.filter(({ serial }) => serial === "foreign")) {
      for (const place of host.node.placesOn(device)) host.node.ground.own(place, "foreign");
    }
    this.cluster.create("admin", "nodelocalstorages", {
      metadata: { name: nodeLocalStorageName(name, "fast") },
      spec: { nodeName: name, volumeGroup: "fast", devices: [{ path: "/dev/vdb" }] },
    });
    const agent = this.#program(`agent-${name}`, (life, signal) =>
      runAgentOn(host, life, signal, this, (whyNot) => {
        kubelet.whyNotReady = whyNot;
      }),
    );
    const kubelet = new Kubelet(host, agent, {
      cluster: this.cluster,
      random: this.random.fork(`kubelet-${name}`),
      story: this.story,
      check: (act) => this.check(act),
      invariants: this.invariants,
    });
    this.kubelets.push(kubelet);
    kubelet.register();
    this.#watchOver(() => kubelet.look(), `kubelet-${name}`);
  }

  #program(name: string, run: ConstructorParameters<typeof Program>[2]): Program {
    const site = {
      clock: this.clock,
      random: this.random.fork(`restarts of ${name}`),
      story: this.story,
      struck: (struck: Program, strike: Strike, what: string) => this.#struck(struck, strike, what),
      looked: (looking: Program) => this.#looked(looking),
    };
    const program = new Program(name, site, run);
    this.programs.push(program);
    return program;
  }

  #watchOver(look: () => "again" | "idle", name: string): void {
    this.#tickers.push(new Ticker(this.clock, this.random.fork(`ticker of ${name}`), look));
  }

  #extender(): Asked | undefined {
    const running = this.programs.filter(
      ({ name, life }) => this.#extenders.has(name) && life?.isRunning === true,
    );
    return this.#extenders.get(this.random.pick(running)?.name ?? "");
  }

  /** A loop that waits for nothing would never let go: an error is what ends it. */
  #looked({ name, life }: Program): void {
    this.#looks += 1;
    if (this.#looks < mostLooks) return;
    life?.kill();
    this.broken ??= new Violation("a program runs without end", name);
    throw this.broken;
  }

  #struck({ name, role }: Program, strike: Strike, what: string): void {
    this.coverage.add(strike.kind, `${role} ${what}`);
    this.story.tell(name, () => `is struck (${strike.kind}) at: ${what}`);
  }

  #stored(event: StoreEvent): void {
    const { writer } = this.cluster;
    this.story.tell(writer, () => wordsOfChange(event));
    this.check(() => this.invariants.stored(event));
    if (event.plural === "leases" || event.plural === "events") return;
    if (writer.startsWith("provisioner") && event.plural === "nodelocalstorages") {
      for (const { name, life } of this.programs) if (name !== writer) life?.overtaken();
    }
    const wakes = event.plural !== "nodelocalstorages";
    if (wakes) this.scheduler.wake();
    this.kick();
  }
}
