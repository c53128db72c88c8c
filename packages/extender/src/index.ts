export type { AskedPod } from "./asked-pod.ts";
export { askedPods, readPod } from "./asked-pod.ts";
export {
  cachedAdoptions,
  cachedAgents,
  cachedClaims,
  cachedNodes,
  cachedStorages,
} from "./cached.ts";
export { startCaches } from "./caches.ts";
export { Cluster } from "./cluster.ts";
export type { Explanation, NodeExplanation } from "./explain.ts";
export { Extender } from "./extender.ts";
export type { Freshness } from "./freshness.ts";
export { Unavailable } from "./freshness.ts";
export { Metrics } from "./metrics.ts";
export type { FilterResult, HostPriority } from "./answers.ts";
export type { Call } from "./protocol.ts";
export { readCall } from "./protocol.ts";
export { runExtender } from "./run.ts";
export { makeServer } from "./server.ts";
export type { ExtenderSettings } from "./settings.ts";
export { readSettings } from "./settings.ts";
