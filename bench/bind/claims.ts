import { setTimeout as sleep } from "node:timers/promises";
import type { ClaimWithStatus, PersistentVolume } from "@stowage/api";
import { annotations, claims } from "@stowage/api";
import type { Informer, KubeClient } from "@stowage/kube";
import { claimOf, namespace } from "./objects.ts";
import type { Spread } from "./spread.ts";
import { spread } from "./spread.ts";

/**
 * kube-controller-manager binds claims with at most 20 requests a second, about five for each claim.
 * Claims one after another are never to wait for that.
 */
const restMs = 500;

/** How long claims took, and when each of them, by its volume, got its node. */
type Bound = Spread & { readonly began: ReadonlyMap<string, number> };

type Span = { readonly name: string; readonly began: number; readonly tookMs: number };

/** Resolves when the object of that key is as wanted, as the informer tells it. */
const seen = <T extends ClaimWithStatus | PersistentVolume>(
  informer: Informer<T>,
  key: string,
  isWanted: (object: T | undefined) => boolean,
): Promise<void> =>
  new Promise((resolve) => {
    if (isWanted(informer.get(key))) {
      resolve();
      return;
    }
    const unsubscribe = informer.subscribe(({ object: { metadata } }) => {
      const isIt = key === metadata.name || key === `${namespace}/${metadata.name}`;
      if (!isIt || !isWanted(informer.get(key))) return;
      unsubscribe();
      resolve();
    });
  });

/** Claims that are placed on two nodes in turn, as the scheduler would, and how long they take. */
export class BenchClaims {
  readonly #client: KubeClient;
  readonly #nodes: readonly [string, string];
  readonly #claims: Informer<ClaimWithStatus>;
  readonly #volumes: Informer<PersistentVolume>;

  constructor(edge: {
    readonly client: KubeClient;
    readonly nodes: readonly [string, string];
    readonly claims: Informer<ClaimWithStatus>;
    readonly volumes: Informer<PersistentVolume>;
  }) {
    this.#client = edge.client;
    this.#nodes = edge.nodes;
    this.#claims = edge.claims;
    this.#volumes = edge.volumes;
  }

  /** From selected-node to Bound, one claim after another. */
  async sequence(prefix: string, storageClass: string, count: number): Promise<Bound> {
    const spans: Span[] = [];
    for (const [index, name] of namesOf(prefix, count).entries()) {
      await this.#client.create(claims, claimOf(name, storageClass));
      spans.push(await this.#bind(name, this.#nodeOf(index)));
      await sleep(restMs);
    }
    return this.#bound(spans);
  }

  /** The same, all claims at once. */
  async burst(prefix: string, storageClass: string, count: number): Promise<Bound> {
    const names = namesOf(prefix, count);
    for (const name of names) await this.#client.create(claims, claimOf(name, storageClass));
    return this.#bound(
      await Promise.all(names.map((name, index) => this.#bind(name, this.#nodeOf(index)))),
    );
  }

  /** From the deletion of each claim to that of its PersistentVolume, all at once. */
  async remove(prefix: string, count: number): Promise<Spread> {
    const removals = namesOf(prefix, count).map(async (name) => {
      const volume = this.volumeOf(name);
      const start = performance.now();
      await this.#client.delete(claims, { name, namespace });
      await seen(this.#volumes, volume, (object) => object === undefined);
      return performance.now() - start;
    });
    return spread(await Promise.all(removals));
  }

  volumeOf(name: string): string {
    const volume = this.#claims.get(`${namespace}/${name}`)?.spec.volumeName ?? "";
    if (volume === "") throw new Error(`claim ${name} has no volume`);
    return volume;
  }

  #nodeOf(index: number): string {
    return this.#nodes[index % 2 === 0 ? 0 : 1];
  }

  async #bind(name: string, node: string): Promise<Span> {
    const began = performance.now();
    const body = { metadata: { annotations: { [annotations.selectedNode]: node } } };
    await this.#client.patch(claims, { name, namespace }, { kind: "merge", body });
    await seen(this.#claims, `${namespace}/${name}`, (claim) => claim?.status.phase === "Bound");
    return { name, began, tookMs: performance.now() - began };
  }

  #bound(spans: readonly Span[]): Bound {
    return {
      ...spread(spans.map(({ tookMs }) => tookMs)),
      began: new Map(spans.map(({ name, began }) => [this.volumeOf(name), began])),
    };
  }
}

export const namesOf = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
