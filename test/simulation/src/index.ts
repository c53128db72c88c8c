export { kinds } from "./kinds.ts";
export { Random } from "./random.ts";
