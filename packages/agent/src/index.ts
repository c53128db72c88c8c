export type { Agent, AgentEdge } from "./agent.ts";
export { startAgent } from "./agent.ts";
export { Metrics } from "./metrics.ts";
export { Readiness } from "./readiness.ts";
export { runAgent } from "./run.ts";
export type { AgentSettings } from "./settings.ts";
export { readSettings } from "./settings.ts";
