import type { NodeLocalStorage, PersistentVolume } from "@stowage/api";
import type { Informer } from "@stowage/kube";
import type { Spread } from "./spread.ts";
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

  /** How long volumes took to each stage; `began` says from when, by volume. */
  since(began: ReadonlyMap<string, number>): Readonly<Record<Stage, Spread>> {
    const to = (stage: Stage): Spread =>
      spread(
        [...began].flatMap(([volume, start]) => {
          const at = this.#seen.get(stage)?.get(volume);
          return at === undefined ? [] : [at - start];
        }),
      );
    return { reserved: to("reserved"), ready: to("ready"), volume: to("volume") };
  }
}
