export type { ServerAnswer, WatchRequest } from "./api-server.ts";
export { ApiServer } from "./api-server.ts";
export { bytesOf, statusObject } from "./fault.ts";
export type { Kind, Raw, Refused, StoreEvent } from "./object-store.ts";
export { isRefused, keyOfRaw, ObjectStore, refused } from "./object-store.ts";
export { sameJson } from "./patches.ts";
