export { runProvisioner } from "./run.ts";
export type { ProvisionerSettings } from "./settings.ts";
export { readSettings } from "./settings.ts";
