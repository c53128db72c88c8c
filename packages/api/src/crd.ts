import { z } from "zod";
import { apiGroup, apiVersion } from "./names.ts";
import { nodeLocalStorages, specSchema, statusSchema, wireDefault } from "./node-local-storage.ts";

type Json = { [key: string]: unknown };

/**
 * JSON Schema keywords that a structural schema refuses or that would lose data: the API server
 * prunes unknown fields by itself, and additionalProperties false beside properties is an error.
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
const notStructural = new Set(["$schema", "additionalProperties", "const"]);

/** zod's JSON Schema as a structural OpenAPI v3 schema. */
const structural = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(structural);
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node as Json);
  const result: Json = {};
  for (const [key, value] of entries) {
    if (key === wireDefault) result["default"] = value;
    else if (key === "const") result["enum"] = [value];
    else if (key === "properties") result[key] = mapValues(value as Json, structural);
    // The API server would reject bounds past int64's float form; zod adds them to every int().
    else if ((key === "minimum" || key === "maximum") && !isWithinInt32(value)) continue;
    else if (key === "anyOf" || key === "oneOf" || key === "allOf") {
      throw new Error(`${key} has no structural form; write the schema without it`);
    } else if (!notStructural.has(key)) result[key] = structural(value);
  }
  if (result["type"] === "integer") result["format"] = "int64";
  return result;
};

const isWithinInt32 = (value: unknown): boolean =>
  typeof value === "number" && Math.abs(value) < 2 ** 31;

const mapValues = (object: Json, change: (value: unknown) => unknown): Json =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));

const schemaOf = (schema: z.ZodType): unknown =>
  structural(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));

const column = (name: string, type: string, jsonPath: string, priority = 0): Json => ({
  name,
  type,
  jsonPath,
  ...(priority === 0 ? {} : { priority }),
});

const condition = (type: string): string => `.status.conditions[?(@.type=="${type}")]`;

/** The CustomResourceDefinition of NodeLocalStorage, as `crds/` holds it in YAML. */
export const customResourceDefinition = (): Json => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${nodeLocalStorages.plural}.${apiGroup}` },
  spec: {
    group: apiGroup,
    scope: "Cluster",
    names: {
      kind: nodeLocalStorages.kind,
      listKind: `${nodeLocalStorages.kind}List`,
      plural: nodeLocalStorages.plural,
      singular: "nodelocalstorage",
      shortNames: ["nls"],
    },
    versions: [
      {
        name: apiVersion,
        served: true,
        storage: true,
        subresources: { status: {} },
        selectableFields: [{ jsonPath: ".spec.nodeName" }],
        additionalPrinterColumns: [
          column("Node", "string", ".spec.nodeName"),
          column("Group", "string", ".spec.volumeGroup"),
          column("Capacity", "string", ".status.capacity"),
          column("Free", "string", ".status.free"),
          column("Volumes", "integer", ".status.volumeCount"),
          column("Ready", "string", `${condition("Ready")}.status`),
          column("Reason", "string", `${condition("Ready")}.reason`, 1),
          column("Message", "string", `${condition("Ready")}.message`, 1),
          column("Age", "date", ".metadata.creationTimestamp"),
        ],
        schema: {
          openAPIV3Schema: {
            type: "object",
            description:
              "One LVM volume group on one node: what should be in it, and what really is.",
            required: ["spec"],
            properties: {
              apiVersion: { type: "string" },
              kind: { type: "string" },
              metadata: { type: "object" },
              spec: schemaOf(specSchema),
              status: schemaOf(statusSchema),
            },
          },
        },
      },
    ],
  },
});
