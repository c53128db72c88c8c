import type { KubeClient } from "@stowage/kube";
import { expect, test } from "vitest";
import { isAbsenceConfirmed } from "./confirm-absence.ts";
import { groupWith, volumeName } from "./testing/objects.ts";

const entry = { name: volumeName, size: "1Gi" };
const orphan = { name: volumeName, size: "1Gi" };

test.for([
  { there: "no object", object: undefined, absent: false },
  { there: "no word of it", object: groupWith({}), absent: true },
  { there: "an entry", object: groupWith({ spec: { volumes: [entry] } }), absent: false },
  { there: "an orphan", object: groupWith({ status: { orphans: [orphan] } }), absent: false },
  {
    there: "a spec that its agent has not seen",
    object: groupWith({ status: { observedGeneration: 2 } }),
    absent: false,
  },
])("with $there at the API server, the absence is confirmed: $absent", async (given) => {
  const client = { find: async () => given.object } as object as KubeClient;
  const step = { kind: "confirm_absence", group: "n1.fast", volume: volumeName } as const;
  expect(await isAbsenceConfirmed(step, { client })).toBe(given.absent);
});
