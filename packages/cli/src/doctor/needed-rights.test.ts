import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import type { Program } from "../program-pods.ts";
import { programs } from "../program-pods.ts";
import { neededRights } from "./needed-rights.ts";

type Role = {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules: readonly {
    readonly apiGroups: readonly string[];
    readonly resources: readonly string[];
    readonly verbs: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
};

const files: Readonly<Record<Program, string>> = {
  agent: "10-agent.yaml",
  provisioner: "20-provisioner.yaml",
  extender: "30-extender.yaml",
};

const granted = (program: Program): string[] => {
  const url = new URL(`../../../../deploy/manifests/${files[program]}`, import.meta.url);
  const objects = parseAllDocuments(readFileSync(url, "utf8")).map(
    (document) => document.toJS() as Role,
  );
  return objects
    .filter(({ kind }) => kind === "Role" || kind === "ClusterRole")
    .flatMap(({ kind, rules }) =>
      rules.flatMap(({ apiGroups, resources, verbs, resourceNames = ["any"] }) =>
        apiGroups.flatMap((group) =>
          resources.flatMap((resource) =>
            verbs.flatMap((verb) =>
              resourceNames.map(
                (name) =>
                  `${kind === "Role" ? "namespace" : "cluster"} ${group} ${resource} ${verb} ${name}`,
              ),
            ),
          ),
        ),
      ),
    );
};

test.for(programs)("what the doctor asks for the %s is what its manifest grants", (program) => {
  const needed = neededRights[program].map(
    ({ scope, group, resource, verb, name = "any" }) =>
      `${scope} ${group} ${resource} ${verb} ${name}`,
  );
  expect(needed.toSorted()).toEqual(granted(program).toSorted());
});
