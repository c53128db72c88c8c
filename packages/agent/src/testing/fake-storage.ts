import type {
  NodeLocalStorage,
  NodeLocalStorageSpecWire,
  VolumeEntryWire,
  VolumeStatus,
} from "@stowage/api";
import { nodeLocalStorageName, nodeLocalStorages } from "@stowage/api";
import type { Milliseconds } from "@stowage/clock";
import { milliseconds, minutes, seconds, VirtualClock } from "@stowage/clock";
import type { Next } from "@stowage/kube";
import type { HostSeen } from "../host.ts";
import { makeReconciler } from "../reconcile.ts";
import { FakeNode } from "./fake-node.ts";
import type { Ground } from "./ground.ts";
import { plainHost } from "./plain-host.ts";

type DeviceWire = NonNullable<NodeLocalStorageSpecWire["devices"]>[number];

type Wished = Partial<Omit<NodeLocalStorageSpecWire, "devices">> & {
  readonly devices?: readonly (string | DeviceWire)[];
};

/** One NodeLocalStorage, the node it is for, and the reconciler between them. */
export class FakeStorage {
  readonly clock: VirtualClock;
  readonly node: FakeNode;
  readonly nodeName: string;
  /** Each status that was written, as the API server has it. */
  readonly written: NodeLocalStorage["status"][] = [];
  /** "create_volume ok", of each change that came to an end, with its duration. */
  readonly operations: string[] = [];
  readonly messages: string[] = [];
  /** What the agent knows of the host. */
  host: HostSeen = plainHost;
  readonly name: string;
  /** Of the next agent. */
  settleTime: Milliseconds = minutes(5);
  /** How often work in the background asked for another go. */
  woken = 0;
  #object: NodeLocalStorage | undefined;
  #generation = 0;
  #uid = "uid";
  #reconcile: ReturnType<typeof makeReconciler>;
  /** Counts the agents: what one that has ended would still do is never done. */
  #agent = 0;
  /** What the API server answers to the next status. */
  refusal: Error | undefined;
  /** What happens just before a status arrives. */
  beforeReport: () => void = () => undefined;

  constructor(
    nodeName = "n1",
    {
      clock = new VirtualClock(),
      ...place
    }: { readonly clock?: VirtualClock; readonly ground?: Ground; readonly brand?: string } = {},
  ) {
    this.clock = clock;
    this.node = new FakeNode(clock, place);
    this.nodeName = nodeName;
    this.name = nodeLocalStorageName(nodeName, "fast");
    this.#reconcile = this.#startAgent();
  }

  wish(spec: Wished): void {
    this.#generation += 1;
    const { devices = [], ...others } = spec;
    this.#object = nodeLocalStorages.parse({
      metadata: { name: this.name, uid: this.#uid, generation: this.#generation },
      spec: {
        nodeName: this.nodeName,
        volumeGroup: "fast",
        devices: devices.map((device) => (typeof device === "string" ? { path: device } : device)),
        ...others,
      },
    });
    const status = this.written.at(-1);
    if (status !== undefined) this.#object = { ...this.#object, status };
  }

  /** Deletes the object and makes another one of the same name, with nothing in between. */
  replace(spec: Wished): void {
    this.#uid = `uid-${this.#generation}`;
    this.written.length = 0;
    this.wish(spec);
  }

  /** Puts a report on volumes in place of the one that the agent wrote. */
  say(volumes: readonly VolumeStatus[]): void {
    if (this.#object === undefined) throw new Error("there is no object");
    this.#object = { ...this.#object, status: { ...this.status, volumes: [...volumes] } };
  }

  forget(): void {
    this.#object = undefined;
  }

  get status(): NodeLocalStorage["status"] {
    if (this.#object === undefined) throw new Error("there is no object");
    return this.#object.status;
  }

  /** "Ready NameTaken", one for each volume. */
  get volumeStates(): Record<string, string> {
    return Object.fromEntries(
      this.status.volumes.map(({ name, state, reason }) => [
        name,
        reason === undefined ? state : `${state} ${reason}`,
      ]),
    );
  }

  condition(type: string): string {
    const found = this.status.conditions.find((condition) => condition.type === type);
    return `${found?.status} ${found?.reason}`;
  }

  restartAgent(): void {
    this.#reconcile = this.#startAgent();
  }

  /** A go that comes to its end as the clock moves on. */
  begin(): Promise<Next> {
    return this.#reconcile(this.name, new AbortController().signal);
  }

  async reconcile(): Promise<Next> {
    const work = this.begin();
    let ended: "no" | "yes" = "no";
    const end = (): void => {
      ended = "yes";
    };
    work.then(end, end);
    const isOver = (): boolean => ended === "yes";
    while (!isOver()) await this.clock.advance(milliseconds(1));
    return work;
  }

  /** As an agent does: goes on for as long as work in the background asks for it. */
  async settle(): Promise<Next> {
    let next: Next;
    do {
      this.woken = 0;
      next = await this.reconcile();
      do await this.clock.advance(milliseconds(5));
      while (this.woken === 0 && this.clock.sleeping > 0);
    } while (this.woken > 0);
    return next;
  }

  #startAgent(): ReturnType<typeof makeReconciler> {
    this.#agent += 1;
    const agent = this.#agent;
    const note = (_fields: object, message: string): number => this.messages.push(message);
    return makeReconciler({
      clock: this.clock,
      run: (command) =>
        agent === this.#agent ? this.node.run(command) : new Promise<never>(() => undefined),
      host: async () => this.host,
      log: { debug: () => undefined, info: note, warn: note, error: note },
      find: () => this.#object,
      report: async ({ metadata: { uid } }, status) => {
        if (this.refusal !== undefined) throw this.refusal;
        this.beforeReport();
        if (this.#object?.metadata.uid !== uid) return "gone";
        const object = nodeLocalStorages.parse({
          metadata: this.#object.metadata,
          spec: { nodeName: this.nodeName, volumeGroup: "fast" },
          status,
        });
        this.#object = { ...this.#object, status: object.status };
        this.written.push(object.status);
        return "written";
      },
      wake: () => {
        this.woken += 1;
      },
      reported: () => undefined,
      observe: (operation, outcome, duration) => {
        this.operations.push(`${operation} ${outcome} ${duration}`);
      },
      nodeName: this.nodeName,
      scanPeriod: seconds(60),
      settleTime: this.settleTime,
    });
  }
}

/** An entry as the provisioner writes it first: its volume is still to be made. */
export const entry = (
  uid: string,
  size: string,
  more: Partial<VolumeEntryWire> = {},
): VolumeEntryWire => ({ ...handedOut(uid, size, more), pending: true });

/** An entry whose volume was handed out. */
export const handedOut = (
  uid: string,
  size: string,
  more: Partial<VolumeEntryWire> = {},
): VolumeEntryWire => ({
  name: `pvc-${uid}`,
  claim: { namespace: "default", name: `data-${uid}`, uid },
  size,
  volumeMode: "Filesystem",
  ...more,
});
