import type { KubeError, KubeErrorCode } from "@stowage/kube";
import { isKubeError } from "@stowage/kube";
import type { Ending } from "./exit-code.ts";

/** Why a command cannot go on, and what to do about it. */
export class Failure extends Error {
  readonly ending: Exclude<Ending, "done">;
  readonly remedy: string | undefined;

  constructor(ending: Failure["ending"], message: string, remedy?: string) {
    super(message);
    this.name = "Failure";
    this.ending = ending;
    this.remedy = remedy;
  }
}

const endingOf = (code: KubeErrorCode): Failure["ending"] => {
  switch (code) {
    case "forbidden":
    case "unauthorized":
      return "forbidden";
    case "not_found":
      return "not_found";
    case "conflict":
    case "already_exists":
    case "invalid":
      return "no";
    default:
      return "cluster";
  }
};

const remedyOf = ({ code, message }: KubeError): string | undefined => {
  switch (code) {
    case "connection":
    case "timeout":
      return "check that the cluster runs and that --context and --kubeconfig name it: kubectl cluster-info";
    case "forbidden":
      return "ask for the rights that docs/kubectl-stowage.md lists, or use another --context";
    case "unauthorized":
      return "log in again, or use another --context: kubectl config get-contexts";
    case "not_found":
      return message.includes("nodelocalstorages")
        ? "Stowage's CRD may be missing: kubectl apply --server-side -f crds/"
        : undefined;
    default:
      return undefined;
  }
};

/** Any error as one that a person can be told; undefined for a defect of ours. */
export const asFailure = (error: unknown): Failure | undefined => {
  if (error instanceof Failure) return error;
  if (!isKubeError(error)) return undefined;
  return new Failure(endingOf(error.code), error.message, remedyOf(error));
};
