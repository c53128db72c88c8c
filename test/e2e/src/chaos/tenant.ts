import { setTimeout as sleep } from "node:timers/promises";
import { isKubeError } from "@stowage/kube";
import { ClusterError } from "@stowage/test-cluster";
import { at, kinds } from "../kinds.ts";
import { claim, podWith, podWithDevice } from "../manifests.ts";
import type { Mounted, Written } from "./content.ts";
import { checksumOf, readScript, writeScript } from "./content.ts";
import type { Life, Step } from "./life.ts";
import { persist } from "./persist.ts";
import type { Site } from "./site.ts";
import { classOf, onNode } from "./site.ts";

/** How long a tenant waits for its pod before it goes away again, and for it to be gone. */
const patience = { running: 90_000, gone: 240_000 } as const;
/** So many failures of its files in a row, and a tenant starts its pod anew. */
const mostFailures = 2;

/** A claim with its pod, and what was written to it. */
export type Holding = {
  readonly name: string;
  readonly mode: Life["mode"];
  mebibytes: number;
  /** From the moment on when its deletion is asked for, nothing is expected of it. */
  state: "kept" | "given up";
  /** How much of the device, or of the file system, is taken. */
  taken: number;
  readonly written: Written[];
};

/** Where a pod runs, as the API server last told. */
type Running = { readonly node: string; readonly podUid: string };

/** One user: claims with pods, one after the other, each with a life that was planned. */
export class Tenant {
  readonly #site: Site;
  readonly #name: string;
  readonly #lives: Iterator<Life, never>;
  readonly #holdings: Holding[] = [];
  readonly #violated: (what: string) => void;
  #failures = 0;

  constructor(
    site: Site,
    name: string,
    lives: Iterator<Life, never>,
    violated: (what: string) => void,
  ) {
    this.#site = site;
    this.#name = name;
    this.#lives = lives;
    this.#violated = violated;
  }

  /** What it has, and has not given up. */
  get kept(): readonly Holding[] {
    return this.#holdings.filter(({ state }) => state === "kept");
  }

  /** Lives until the signal aborts; what it has then stays. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      for (let nth = 1; !signal.aborted; nth += 1) {
        await this.#live(`${this.#name}-${nth}`, this.#lives.next().value, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #live(name: string, life: Life, signal: AbortSignal): Promise<void> {
    const { tally } = this.#site;
    const { mode, mebibytes, binding } = life;
    const holding: Holding = { name, mode, mebibytes, state: "kept", taken: 0, written: [] };
    this.#holdings.push(holding);
    const wanted = claim(name, classOf[binding], `${mebibytes}Mi`, { volumeMode: mode });
    await this.#create("PersistentVolumeClaim", wanted, signal);
    tally.add("claims made");
    await this.startPod(holding, signal);
    if ((await this.#running(holding, signal)) === undefined) tally.add("claims given up waiting");
    else {
      tally.add("pods seen running");
      for (const step of life.steps) await this.#step(step, holding, signal);
    }
    await this.#end(holding, life.end, signal);
  }

  async startPod({ name, mode }: Holding, signal?: AbortSignal): Promise<void> {
    await this.#create(
      "Pod",
      mode === "Block" ? podWithDevice(name, name) : podWith(name, [name]),
      signal,
    );
  }

  async #step(step: Step, holding: Holding, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { tally } = this.#site;
    switch (step.kind) {
      case "write":
        await this.#write(step.mebibytes, holding, signal);
        break;
      case "read":
        if ((await this.check(holding, signal)) === "unreadable")
          await this.#failed(holding, signal);
        else this.#failures = 0;
        break;
      case "grow": {
        holding.mebibytes += step.mebibytes;
        const requests = { storage: `${holding.mebibytes}Mi` };
        await this.#api(`the growth of ${holding.name}`, signal, () =>
          this.#site.client.patch(kinds.PersistentVolumeClaim, this.#at(holding.name), {
            kind: "merge",
            body: { spec: { resources: { requests } } },
          }),
        );
        tally.add("growths asked for");
        break;
      }
      case "move":
        await this.#restart(holding, signal);
        break;
      default:
        step satisfies never;
    }
    await sleep(500, undefined, { signal });
  }

  async #write(mebibytes: number, holding: Holding, signal: AbortSignal): Promise<void> {
    // A file system keeps some of it to itself.
    const room = holding.mode === "Block" ? holding.mebibytes : holding.mebibytes / 2;
    const limit = Math.min(room, 24);
    if (holding.taken + mebibytes > limit) return;
    const place =
      holding.mode === "Block" ? { offset: holding.taken } : { file: `part-${holding.taken}` };
    // Whatever becomes of it, this place is not written to again.
    holding.taken += mebibytes;
    const written = { token: `${holding.name}-${holding.taken}`, mebibytes, place };
    const done = await this.#onPod(holding, signal, (mounted) => writeScript(mounted, written));
    if (done === undefined) {
      await this.#failed(holding, signal);
      return;
    }
    holding.written.push(written);
    this.#failures = 0;
    this.#site.tally.add("writes acknowledged");
  }

  /** Reads all that was written, and tells of what is another thing than that. */
  async check(holding: Holding, signal?: AbortSignal): Promise<"read" | "unreadable"> {
    if (holding.written.length === 0) return "read";
    const text = await this.#onPod(holding, signal, (mounted) =>
      readScript(mounted, holding.written),
    );
    if (text === undefined) return "unreadable";
    const sums = text.split("\n");
    for (const [index, written] of holding.written.entries()) {
      if (sums[index] === checksumOf(written)) continue;
      this.#violated(
        `${JSON.stringify(written.place)} of ${holding.name} is not as it was written: ${sums[index]}`,
      );
    }
    this.#site.tally.add("contents read and compared", holding.written.length);
    return "read";
  }

  /** Its file system may have stopped at an error of its disk: then a user starts the pod anew. */
  async #failed(holding: Holding, signal: AbortSignal): Promise<void> {
    this.#site.tally.add("reads and writes that failed");
    this.#failures += 1;
    if (this.#failures < mostFailures) return;
    this.#failures = 0;
    await this.#restart(holding, signal);
  }

  async #restart(holding: Holding, signal: AbortSignal): Promise<void> {
    await this.#delete("Pod", holding.name, signal);
    if (!(await this.#gone("Pod", holding.name, signal))) return;
    await this.startPod(holding, signal);
    this.#site.tally.add("pods started anew");
    await this.#running(holding, signal);
  }

  async #end(holding: Holding, end: Life["end"], signal: AbortSignal): Promise<void> {
    holding.state = "given up";
    const { name } = holding;
    const pod = () => this.#delete("Pod", name, signal);
    const volume = () => this.#delete("PersistentVolumeClaim", name, signal);
    if (end === "together") await Promise.all([pod(), volume()]);
    else if (end === "claim_first") {
      await volume();
      await pod();
    } else {
      await pod();
      await this.#gone("Pod", name, signal);
      await volume();
    }
    await this.#gone("Pod", name, signal);
    const isGone = await this.#gone("PersistentVolumeClaim", name, signal);
    this.#site.tally.add(isGone ? "claims deleted" : "claims that took long to go");
  }

  /** Where its pod runs; undefined when it does not, in spite of all patience. */
  async #running(holding: Holding, signal: AbortSignal): Promise<Running | undefined> {
    const end = performance.now() + patience.running;
    while (performance.now() < end) {
      const place = await this.#where(holding, signal);
      if (place !== undefined) return place;
      await sleep(1000, undefined, { signal });
    }
    return undefined;
  }

  async #where({ name }: Holding, signal?: AbortSignal): Promise<Running | undefined> {
    const pod = await this.#api(`a look at pod ${name}`, signal, () =>
      this.#site.client.find(kinds.Pod, this.#at(name)),
    );
    const isRunning =
      at(pod, "status.phase") === "Running" &&
      at(pod, "metadata.deletionTimestamp") === undefined &&
      at(pod, "status.containerStatuses.0.ready") === true;
    return isRunning
      ? { node: String(at(pod, "spec.nodeName")), podUid: String(at(pod, "metadata.uid")) }
      : undefined;
  }

  /** What a script prints on the pod's node; undefined when it fails, or there is no such pod. */
  async #onPod(
    holding: Holding,
    signal: AbortSignal | undefined,
    script: (mounted: Mounted) => string,
  ): Promise<string | undefined> {
    const place = await this.#where(holding, signal);
    if (place === undefined) return undefined;
    const { name, mode } = holding;
    try {
      const text = script({ podUid: place.podUid, claim: name, mode });
      return await onNode(this.#site.cluster, place.node, text);
    } catch (error) {
      if (error instanceof ClusterError) return undefined;
      throw error;
    }
  }

  #at(name: string): { name: string; namespace: string } {
    return { name, namespace: this.#site.namespace };
  }

  async #create(
    kind: "Pod" | "PersistentVolumeClaim",
    object: object,
    signal?: AbortSignal,
  ): Promise<void> {
    const name = String(at(object, "metadata.name"));
    await this.#api(`the creation of ${kind} ${name}`, signal, async () => {
      try {
        const metadata = { ...(at(object, "metadata") as object), namespace: this.#site.namespace };
        await this.#site.client.create(kinds[kind], { ...object, metadata });
      } catch (error) {
        // The answer to an earlier try may have been lost.
        if (!isKubeError(error, "already_exists")) throw error;
      }
    });
  }

  async #delete(
    kind: "Pod" | "PersistentVolumeClaim",
    name: string,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#api(`the deletion of ${kind} ${name}`, signal, async () => {
      try {
        await this.#site.client.delete(kinds[kind], this.#at(name));
      } catch (error) {
        if (!isKubeError(error, "not_found")) throw error;
      }
    });
  }

  async #gone(
    kind: "Pod" | "PersistentVolumeClaim",
    name: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    const end = performance.now() + patience.gone;
    for (;;) {
      const left = await this.#api(`a look at ${kind} ${name}`, signal, () =>
        this.#site.client.find(kinds[kind], this.#at(name)),
      );
      if (left === undefined) return true;
      if (performance.now() > end) return false;
      await sleep(1000, undefined, { signal });
    }
  }

  #api<T>(what: string, signal: AbortSignal | undefined, act: () => Promise<T>): Promise<T> {
    return persist(what, act, {
      failed: () => this.#site.tally.add("API calls tried again"),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}
