import type { AwaitedClaim, CachedAdoption, CachedClaim } from "./cached.ts";

/** The PersistentVolumes that were adopted, by the claims that are to get them. */
export class Adoptions {
  readonly #awaited = new Map<string, AwaitedClaim>();
  /** Names of the volumes by namespace/name of the claim. */
  readonly #volumes = new Map<string, readonly string[]>();

  set({ metadata: { name }, awaited }: CachedAdoption): void {
    this.delete(name);
    if (awaited === undefined) return;
    this.#awaited.set(name, awaited);
    this.#volumes.set(awaited.key, [...(this.#volumes.get(awaited.key) ?? []), name]);
  }

  delete(name: string): void {
    const key = this.#awaited.get(name)?.key;
    if (key === undefined) return;
    this.#awaited.delete(name);
    const left = (this.#volumes.get(key) ?? []).filter((other) => other !== name);
    if (left.length === 0) this.#volumes.delete(key);
    else this.#volumes.set(key, left);
  }

  /**
   * Names of the volumes of which Kubernetes gives the claim one.
   * @param claim undefined while it has not been seen: only its name is known then.
   */
  for(key: string, claim: CachedClaim | undefined): readonly string[] {
    return (this.#volumes.get(key) ?? []).filter((name) => {
      const awaited = this.#awaited.get(name);
      return awaited !== undefined && isFor(awaited, claim);
    });
  }
}

/** Source: FindMatchingVolume and IsVolumeBoundToClaim of k8s.io/component-helpers/storage/volume. */
const isFor = (awaited: AwaitedClaim, claim: CachedClaim | undefined): boolean =>
  claim === undefined
    ? awaited.uid === ""
    : (awaited.uid === "" || awaited.uid === claim.metadata.uid) &&
      awaited.volumeMode === claim.volumeMode &&
      awaited.capacity >= claim.request;
