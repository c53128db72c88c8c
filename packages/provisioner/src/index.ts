export { Metrics } from "./metrics.ts";
export { persistentVolumeFor } from "./persistent-volume.ts";
export { runReplica } from "./replica.ts";
export { runProvisioner } from "./run.ts";
export type { ProvisionerSettings } from "./settings.ts";
export { readSettings } from "./settings.ts";
