import type { KubeClient } from "@stowage/kube";
import type { Program } from "../program-pods.ts";
import { isOf, programs } from "../program-pods.ts";
import type { ProgramPod } from "../resources.ts";
import { accessReviews } from "./doctor-resources.ts";
import type { Right } from "./needed-rights.ts";
import { neededRights } from "./needed-rights.ts";

const atOnce = 8;

/**
 * What the programs' ServiceAccounts need and the API server would not let them do.
 * @throws KubeError where this user may not ask.
 */
export const missingRights = async (
  client: KubeClient,
  namespace: string,
  pods: readonly ProgramPod[],
): Promise<{ readonly program: Program; readonly right: Right }[]> => {
  const questions = programs.flatMap((program) => {
    const account = pods.find((pod) => isOf(program, pod))?.spec.serviceAccountName;
    return account === undefined
      ? []
      : neededRights[program].map((right) => ({ program, right, account }));
  });
  const missing: (typeof questions)[number][] = [];
  const waiting = questions.values();
  const askAll = async (): Promise<void> => {
    for (const question of waiting) {
      const { right, account } = question;
      const review = reviewOf(right, account, namespace);
      const { status } = await client.create(accessReviews, review);
      if (!status.allowed) missing.push(question);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, askAll));
  return missing.toSorted((a, b) => questions.indexOf(a) - questions.indexOf(b));
};

const reviewOf = (
  { group, resource, verb, scope, name }: Right,
  account: string,
  namespace: string,
): object => {
  const [plural, subresource] = resource.split("/");
  return {
    spec: {
      user: `system:serviceaccount:${namespace}:${account}`,
      groups: [
        "system:serviceaccounts",
        `system:serviceaccounts:${namespace}`,
        "system:authenticated",
      ],
      resourceAttributes: {
        group,
        resource: plural,
        ...(subresource === undefined ? {} : { subresource }),
        verb,
        ...(name === undefined ? {} : { name }),
        ...(scope === "namespace" ? { namespace } : {}),
      },
    },
  };
};
