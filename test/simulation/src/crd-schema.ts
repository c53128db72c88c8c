import { customResourceDefinition } from "@stowage/api";
import { parseQuantity } from "@stowage/capacity";
import type { Raw, Refused } from "@stowage/kube/testing";
import { refused, sameJson } from "@stowage/kube/testing";
import { z } from "zod";

/* The structural schema of the CRD, applied as the API server does: pruning, defaults, bounds, CEL. */

const schemaSchema = z.looseObject({
  type: z.enum(["object", "array", "string", "integer", "boolean"]),
  get properties() {
    return z.record(z.string(), schemaSchema).optional();
  },
  get items() {
    return schemaSchema.optional();
  },
  required: z.array(z.string()).optional(),
  default: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  pattern: z.string().optional(),
  maxLength: z.number().optional(),
  minLength: z.number().optional(),
  maxItems: z.number().optional(),
  minItems: z.number().optional(),
  "x-kubernetes-list-type": z.string().optional(),
  "x-kubernetes-list-map-keys": z.array(z.string()).optional(),
  "x-kubernetes-validations": z
    .array(z.object({ rule: z.string(), message: z.string() }))
    .optional(),
});
type Schema = z.output<typeof schemaSchema>;

type Json = { readonly [key: string]: unknown };
const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const field = (value: unknown, key: string): unknown => (isJson(value) ? value[key] : undefined);
const size = (value: unknown): number => parseQuantity(String(field(value, "size")));

/**
 * Each CEL rule of the CRD as code. A rule that is not here makes the simulator fail at once, so
 * that the two stay together. Those that speak of oldSelf hold only where there was something.
 */
const rules: Readonly<Record<string, (self: unknown, old: unknown) => boolean>> = {
  "self == oldSelf": sameJson,
  "!has(self.wipe) || self.path.startsWith('/dev/disk/by-id/')": (self) =>
    field(self, "wipe") === undefined || String(field(self, "path")).startsWith("/dev/disk/by-id/"),
  "has(self.fileSystem) == has(oldSelf.fileSystem) && (!has(self.fileSystem) || self.fileSystem == oldSelf.fileSystem)":
    (self, old) => sameJson(field(self, "fileSystem"), field(old, "fileSystem")),
  "quantity(self.size).compareTo(quantity(oldSelf.size)) >= 0": (self, old) =>
    size(self) >= size(old),
  "!has(oldSelf.delete) || has(self.delete)": (self, old) =>
    field(old, "delete") === undefined || field(self, "delete") !== undefined,
  "has(oldSelf.pending) || !has(self.pending)": (self, old) =>
    field(old, "pending") !== undefined || field(self, "pending") === undefined,
  "!has(oldSelf.claim) || (has(self.claim) && self.claim == oldSelf.claim)": (self, old) =>
    field(old, "claim") === undefined || sameJson(field(self, "claim"), field(old, "claim")),
};

class Invalid extends Error {}

const checked = (schema: Schema, value: unknown, old: unknown, path: string): unknown => {
  const result = shaped(schema, value, old, path);
  for (const { rule, message } of schema["x-kubernetes-validations"] ?? []) {
    const holds = rules[rule];
    if (holds === undefined) throw new Error(`the simulator does not know the CEL rule ${rule}`);
    if (rule.includes("oldSelf") && old === undefined) continue;
    if (!holds(result, old)) throw new Invalid(`${path}: ${message}`);
  }
  return result;
};

const shaped = (schema: Schema, value: unknown, old: unknown, path: string): unknown => {
  const wrong = (why: string): Invalid => new Invalid(`${path}: ${why}`);
  if (schema.enum !== undefined && !schema.enum.includes(value)) throw wrong("unsupported value");
  switch (schema.type) {
    case "object": {
      if (!isJson(value)) throw wrong("must be an object");
      if (schema.properties === undefined) return value;
      const result: Record<string, unknown> = {};
      for (const [key, property] of Object.entries(schema.properties)) {
        const given = value[key] ?? structuredClone(property.default);
        if (given !== undefined) {
          result[key] = checked(property, given, field(old, key), `${path}.${key}`);
        } else if (schema.required?.includes(key) === true) throw wrong(`${key} is required`);
      }
      return result;
    }
    case "array":
      return list(schema, value, old, path);
    case "string":
      if (typeof value !== "string") throw wrong("must be a string");
      if (value.length > (schema.maxLength ?? value.length)) throw wrong("too long");
      if (value.length < (schema.minLength ?? 0)) throw wrong("too short");
      if (schema.pattern !== undefined && !patternOf(schema.pattern).test(value)) {
        throw wrong(`must match ${schema.pattern}`);
      }
      return value;
    case "integer":
      if (!Number.isInteger(value)) throw wrong("must be an integer");
      return value;
    case "boolean":
      if (typeof value !== "boolean") throw wrong("must be a boolean");
      return value;
  }
};

const patterns = new Map<string, RegExp>();
const patternOf = (source: string): RegExp => {
  const pattern = patterns.get(source) ?? new RegExp(source);
  patterns.set(source, pattern);
  return pattern;
};

const list = (schema: Schema, value: unknown, old: unknown, path: string): unknown[] => {
  const { items } = schema;
  if (!Array.isArray(value) || items === undefined) throw new Invalid(`${path}: must be a list`);
  if (value.length > (schema.maxItems ?? value.length)) throw new Invalid(`${path}: too many`);
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const keyOf = (item: unknown): string => keys.map((key) => String(field(item, key))).join();
  // Items of a map are compared with those of the same key; of other lists, with nothing.
  const olds = new Map(
    keys.length > 0 && Array.isArray(old) ? old.map((item) => [keyOf(item), item]) : [],
  );
  if (keys.length > 0 && new Set(value.map(keyOf)).size < value.length) {
    throw new Invalid(`${path}: duplicate value`);
  }
  return value.map((item: unknown, index) =>
    checked(items, item, olds.get(keyOf(item)), `${path}[${index}]`),
  );
};

const crdSchema = z.object({
  spec: z.object({
    versions: z.tuple([z.object({ schema: z.object({ openAPIV3Schema: schemaSchema }) })]),
  }),
});

const whole = crdSchema.parse(customResourceDefinition()).spec.versions[0].schema.openAPIV3Schema;

/** Applies the CRD to a NodeLocalStorage that is to be stored. */
export const admitNodeLocalStorage = (object: Raw, before: Raw | undefined): Raw | Refused => {
  try {
    const { metadata, apiVersion, kind } = object;
    const { spec, status } = whole.properties ?? {};
    if (spec === undefined || status === undefined)
      throw new Error("the CRD has no spec or status");
    return {
      apiVersion,
      kind,
      metadata,
      spec: checked(spec, object["spec"] ?? {}, before?.["spec"], "spec"),
      ...(object["status"] === undefined
        ? {}
        : { status: checked(status, object["status"], before?.["status"], "status") }),
    };
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return refused(422, "Invalid", error.message);
  }
};
