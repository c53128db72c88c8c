import type { Check } from "../finding.ts";

const name = "the CRD is served";

/** Not a check of what could be read, since it is about what cannot be. */
export const crdServed: Check = ({ groups }) => {
  if (groups.kind === "read") return { check: name, outcome: "fine", findings: [] };
  if (groups.code !== "not_found") {
    return { check: name, outcome: "not checked", why: groups.why, findings: [] };
  }
  return {
    check: name,
    outcome: "wrong",
    findings: [
      {
        code: "crd_missing",
        severity: "error",
        about: "CustomResourceDefinition nodelocalstorages.stowage.dev",
        message: "the API server knows no NodeLocalStorage",
        remedy: "kubectl apply --server-side -f crds/",
      },
    ],
  };
};
