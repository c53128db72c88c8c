import type { Program } from "../../program-pods.ts";
import { check } from "../finding.ts";

const manifests: Readonly<Record<Program, string>> = {
  agent: "deploy/manifests/10-agent.yaml",
  provisioner: "deploy/manifests/20-provisioner.yaml",
  extender: "deploy/manifests/30-extender.yaml",
};

export const rightsGranted = check("rights are granted", ["missingRights"], ({ missingRights }) =>
  missingRights.map(({ program, right }) => ({
    code: "right_missing",
    severity: "error",
    about: program,
    message: `its ServiceAccount may not ${right.verb} ${right.resource}${right.group === "" ? "" : `.${right.group}`}`,
    remedy: `apply the roles anew: kubectl apply --server-side -f ${manifests[program]}`,
  })),
);

const policy = "stowage-agent-own-node";

export const agentsConfined = check(
  "agents are confined to their node",
  ["boundPolicies"],
  ({ boundPolicies }) =>
    boundPolicies.includes(policy)
      ? []
      : [
          {
            code: "policy_missing",
            severity: "warning",
            about: `ValidatingAdmissionPolicy ${policy}`,
            message:
              "is missing or has no binding: an agent's token can report on every node's groups",
            remedy: `kubectl apply --server-side -f ${manifests.agent}`,
          },
        ],
);
