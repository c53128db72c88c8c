import type { KubeError, KubeErrorCode } from "@stowage/kube";
import { isKubeError, kubeErrors } from "@stowage/kube";
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

const endings: Partial<Record<KubeErrorCode, Failure["ending"]>> = {
  forbidden: "forbidden",
  unauthorized: "forbidden",
  not_found: "not_found",
  conflict: "no",
  already_exists: "no",
  invalid: "no",
};

const unreachable =
  "check that the cluster runs and that --context and --kubeconfig name it: kubectl cluster-info";

const remedies: Partial<Record<KubeErrorCode, string>> = {
  connection: unreachable,
  timeout: unreachable,
  forbidden: "ask for the rights that docs/kubectl-stowage.md lists, or use another --context",
  unauthorized: "log in again, or use another --context: kubectl config get-contexts",
};

const remedyOf = (error: KubeError): string =>
  error.code === "not_found" && error.message.includes("list nodelocalstorages")
    ? "Stowage's CRD is missing: kubectl apply --server-side -f crds/"
    : (remedies[error.code] ?? kubeErrors[error.code]);

/** What went wrong, without the remedy, which is meant for programs in the cluster. */
export const wordsOf = ({ code, message }: KubeError): string =>
  message.endsWith(kubeErrors[code])
    ? message.slice(0, -kubeErrors[code].length).replace(/\. $/, "")
    : message;

/** Any error as one that a person can be told; undefined for a defect of ours. */
export const asFailure = (error: unknown): Failure | undefined => {
  if (error instanceof Failure) return error;
  if (!isKubeError(error)) return undefined;
  return new Failure(endings[error.code] ?? "cluster", wordsOf(error), remedyOf(error));
};
