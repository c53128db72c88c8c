import { stringify } from "yaml";
import { customResourceDefinition } from "./crd.ts";
import { apiGroup } from "./names.ts";

/** Where the CRD is checked in. */
export const crdFile = new URL(`../../../crds/${apiGroup}_nodelocalstorages.yaml`, import.meta.url);

export const crdText = (): string =>
  `# Made by \`npm run crds\` from packages/api/src/node-local-storage.ts; do not edit.\n${stringify(
    customResourceDefinition(),
    { lineWidth: 100, aliasDuplicateObjects: false },
  )}`;
