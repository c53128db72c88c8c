import { cachedStorages, Cluster } from "@stowage/extender";
import { storage } from "./objects.ts";

const rounds = 20_000;

/** Microseconds that a changed NodeLocalStorage costs in caches of different sizes. */
export const watchEvents = (
  sizes: readonly number[],
): readonly { readonly nodes: number; readonly microseconds: number }[] =>
  sizes.map((nodes) => {
    const cluster = new Cluster();
    for (let index = 0; index < 2 * nodes; index += 1) {
      cluster.seeStorage({ kind: "seen", object: cachedStorages.parse(storage(index)) });
    }
    const changed = Array.from({ length: 64 }, (_, index) => cachedStorages.parse(storage(index)));
    const apply = (): void => {
      for (let round = 0; round < rounds; round += 1) {
        const object = changed[round % changed.length];
        if (object !== undefined) cluster.seeStorage({ kind: "seen", object });
      }
    };
    apply();
    const start = performance.now();
    apply();
    const microseconds = ((performance.now() - start) * 1000) / rounds;
    return { nodes, microseconds: Math.round(microseconds * 100) / 100 };
  });
