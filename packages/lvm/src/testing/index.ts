export type { Recording } from "./recorded.ts";
export { recorded, recordedIn, saidOf } from "./recorded.ts";
