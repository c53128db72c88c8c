import type { NodeLocalStorage, PersistentVolume } from "@stowage/api";
import type { Informer } from "@stowage/kube";
import { spread } from "./spread.ts";

/** How far a claim has come, in the order of its life. */
const stages = ["reserved", "ready", "volume"] as const;
type Stage = (typeof stages)[number];

/** When each volume was first seen in each stage, by what the API server tells. */
export class Stages {
  readonly #seen = new Map<Stage, Map<string, number>>(stages.map((stage) => [stage, new Map()]));

  constructor(groups: Informer<NodeLocalStorage>, volumes: Informer<PersistentVolume>) {
    groups.subscribe(({ object }) => {
      for (const { name } of object.spec.volumes) this.#note("reserved", name);
      for (const { name, state } of object.status.volumes) {
        if (state === "Ready") this.#note("ready", name);
      }
    });
    volumes.subscribe(({ object }) => this.#note("volume", object.metadata.name));
  }

  #note(stage: Stage, volume: string): void {
    const times = this.#seen.get(stage);
    if (times?.has(volume) === false) times.set(volume, performance.now());
  }

  /** The 95th percentile of the time that volumes took from `start` to each stage. */
  since(start: number, volumes: readonly string[]): Readonly<Record<Stage, number>> {
    const p95 = (stage: Stage): number =>
      spread(
        volumes.flatMap((volume) => {
          const at = this.#seen.get(stage)?.get(volume);
          return at === undefined ? [] : [at - start];
        }),
      ).p95;
    return { reserved: p95("reserved"), ready: p95("ready"), volume: p95("volume") };
  }
}
