import { hashOf, mixed } from "./name-hash.ts";

/** Source: MaxExtenderPriority in k8s.io/kube-scheduler/extender/v1. */
const topScore = 10;
const runnerUpScore = 9;

/**
 * Scores 0 to 9 for all nodes but one, 10 for that one: the scheduler will most likely take it, so
 * that a promise can be made there. `top` is its place, negative when no node can take the pod.
 * @param goodness 0 to 1 for each node; negative for one that cannot take the pod.
 * @param hashes of the nodes' names.
 * @param count of nodes; the lists may be longer.
 */
export const prioritize = (
  goodness: Float64Array,
  hashes: Int32Array,
  count: number,
  podUid: string,
): { readonly scores: Uint8Array; readonly top: number } => {
  const podHash = hashOf(podUid);
  let top = -1;
  let most = -1;
  let highest = -1;
  const scores = new Uint8Array(count);
  for (let index = 0; index < count; index += 1) {
    const good = goodness[index] ?? -1;
    // Rounded: what is stored is cut off.
    scores[index] = good > 0 ? runnerUpScore * good + 0.5 : 0;
    if (good < 0 || good < most) continue;
    // Of equal nodes, the same one whenever the same pod comes, and another one for another pod.
    const hash = mixed((hashes[index] ?? 0) ^ podHash);
    if (good === most && hash <= highest) continue;
    top = index;
    most = good;
    highest = hash;
  }
  if (top >= 0) scores[top] = topScore;
  return { scores, top };
};
