import type { Claim, PodPlacement } from "@stowage/api";
import { isDeleting, keyOf } from "@stowage/api";
import type { Change } from "@stowage/kube";

/** Which pods that do not run yet use which claims: what claims have to do with one another. */
export class PodIndex {
  readonly #podsOf = new Map<string, Map<string, PodPlacement>>();

  /** Follows one change; returns the keys of the claims that the pod uses. */
  apply({ kind, object }: Change<PodPlacement>): string[] {
    const keys = claimKeysOf(object);
    for (const key of keys) {
      const pods = this.#podsOf.get(key) ?? new Map<string, PodPlacement>();
      if (kind === "deleted") pods.delete(object.metadata.uid);
      else pods.set(object.metadata.uid, object);
      if (pods.size === 0) this.#podsOf.delete(key);
      else this.#podsOf.set(key, pods);
    }
    return keys;
  }

  /** The node that somebody wrote into a pod of the claim; the scheduler will choose none then. */
  pinOf(claim: Claim): string | undefined {
    return this.#users(claim).find(({ nodeName }) => nodeName !== undefined)?.nodeName;
  }

  /** Whether a pod that has no node yet waits for the claim. */
  isAwaited(claim: Claim): boolean {
    return this.#users(claim).some(({ nodeName }) => nodeName === undefined);
  }

  /** The keys of the other claims of the pods that wait for this one to be placed. */
  companionKeys(claim: Claim): Set<string> {
    const waiting = this.#users(claim).filter(({ nodeName }) => nodeName === undefined);
    const keys = new Set(waiting.flatMap(claimKeysOf));
    keys.delete(keyOf(claim));
    return keys;
  }

  #users(claim: Claim): PodPlacement[] {
    const owners = claim.metadata.ownerReferences.filter(({ kind }) => kind === "Pod");
    return [...(this.#podsOf.get(keyOf(claim))?.values() ?? [])].filter(
      (pod) =>
        !isDeleting(pod) &&
        // A claim that was made for one pod is not that of another with the same name.
        (owners.length === 0 || owners.some(({ uid }) => uid === pod.metadata.uid)),
    );
  }
}

const claimKeysOf = ({ metadata, claimNames }: PodPlacement): string[] =>
  claimNames.map((name) => `${metadata.namespace}/${name}`);
