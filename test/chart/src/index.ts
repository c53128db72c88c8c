export { foreignCrds } from "./foreign-crds.ts";
export { chartFolder, fileOf, Helm } from "./helm.ts";
