export type { Clock, Instant, Milliseconds, Moment } from "./clock.ts";
export { elapsed, later, milliseconds, minutes, seconds } from "./clock.ts";
export { systemClock } from "./system-clock.ts";
export { VirtualClock } from "./virtual-clock.ts";
