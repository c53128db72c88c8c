import { patience } from "@stowage/test-cluster";
import { claims, csiStorageCapacities, hostnameLabel, nodeLocalStorages } from "@stowage/api";
import { systemClock } from "@stowage/clock";
import type { InformerOptions } from "@stowage/kube";
import { startInformer } from "@stowage/kube";
import type { World } from "./world.ts";

/** One change of an object: what it said then. */
type Note = {
  /** The API server numbers all changes of all objects in their order. */
  readonly version: number;
  /** When it was seen. */
  readonly atMs: number;
};
type Chosen = Note & { readonly claim: string; readonly node: string | undefined };
type Published = Note & { readonly node: string | undefined; readonly bytes: number };
type Ledger = Note & { readonly group: string; readonly volumes: readonly string[] };

const ignore = (): void => undefined;

/** What is said, one after another, of a class's claims, of its published room and of its groups. */
export class Chronicle {
  readonly chosen: Chosen[] = [];
  readonly published: Published[] = [];
  readonly ledgers: Ledger[] = [];
  readonly #ending = new AbortController();

  static async of(world: World, storageClass: string): Promise<Chronicle> {
    const chronicle = new Chronicle();
    await chronicle.#follow(world, storageClass);
    return chronicle;
  }

  end(): void {
    this.#ending.abort();
  }

  async #follow({ client, namespace }: World, storageClass: string): Promise<void> {
    const common: Omit<InformerOptions<never>, "resource" | "selection"> = {
      client,
      clock: systemClock,
      random: Math.random,
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      signal: this.#ending.signal,
    };
    const chosen = startInformer({ ...common, resource: claims, selection: { namespace } });
    const published = startInformer({ ...common, resource: csiStorageCapacities });
    const ledgers = startInformer({ ...common, resource: nodeLocalStorages });
    for (const each of [chosen, published, ledgers]) {
      await each.synced(AbortSignal.timeout(30_000 * patience));
    }
    chosen.subscribe(({ object: { metadata, spec, selectedNode } }) => {
      if (spec.storageClassName !== storageClass) return;
      const last = this.chosen.findLast(({ claim }) => claim === metadata.name);
      if (last?.node === selectedNode) return;
      this.chosen.push({ ...noteOf(metadata), claim: metadata.name, node: selectedNode });
    });
    published.subscribe(
      ({ object: { metadata, storageClassName, nodeTopology, capacity = 0 } }) => {
        if (storageClassName !== storageClass) return;
        const node = nodeTopology[hostnameLabel];
        this.published.push({ ...noteOf(metadata), node, bytes: capacity });
      },
    );
    ledgers.subscribe(({ object: { metadata, spec } }) => {
      if (spec.volumeGroup !== storageClass) return;
      const volumes = spec.volumes.map(({ name }) => name);
      this.ledgers.push({ ...noteOf(metadata), group: metadata.name, volumes });
    });
  }
}

const noteOf = ({ resourceVersion }: { readonly resourceVersion: string }): Note => ({
  version: Number(resourceVersion),
  atMs: performance.now(),
});
