import { z } from "zod";

/* JSON merge patch (RFC 7386) and JSON patch (RFC 6902), as the API server applies them. */

type Json = { readonly [key: string]: unknown };

const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const merged = (target: unknown, patch: unknown): unknown => {
  if (!isJson(patch)) return patch;
  const result: Record<string, unknown> = isJson(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
};

const operationsSchema = z.array(
  z.object({
    op: z.enum(["add", "replace", "remove", "test"]),
    path: z.string(),
    value: z.unknown().optional(),
  }),
);

export type Patched =
  | { readonly kind: "patched"; readonly value: unknown }
  | { readonly kind: "refused"; readonly why: string };

/** All of the operations, or none. */
export const patched = (target: unknown, operations: unknown): Patched => {
  const value = structuredClone(target);
  for (const { op, path, value: given } of operationsSchema.parse(operations)) {
    const keys = path
      .split("/")
      .slice(1)
      .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = keys.pop();
    if (last === undefined) return { kind: "refused", why: `${op} of the whole object` };
    let parent: unknown = value;
    for (const key of keys) parent = childOf(parent, key);
    const why = applied(parent, last, op, structuredClone(given));
    if (why !== undefined) return { kind: "refused", why: `${op} ${path}: ${why}` };
  }
  return { kind: "patched", value };
};

const childOf = (parent: unknown, key: string): unknown =>
  Array.isArray(parent) || isJson(parent) ? Reflect.get(parent, key) : undefined;

const applied = (
  parent: unknown,
  key: string,
  op: "add" | "replace" | "remove" | "test",
  value: unknown,
): string | undefined => {
  if (op === "test") {
    return sameJson(childOf(parent, key), value) ? undefined : "the value is another";
  }
  if (Array.isArray(parent)) {
    const index = key === "-" ? parent.length : Number(key);
    const most = op === "add" ? parent.length : parent.length - 1;
    if (!Number.isInteger(index) || index < 0 || index > most) return "no such item";
    if (op === "add") parent.splice(index, 0, value);
    else if (op === "replace") parent[index] = value;
    else parent.splice(index, 1);
    return undefined;
  }
  if (!isJson(parent)) return "no such place";
  // As the API server's library has it, a replacement may add.
  if (op === "remove" && !Object.hasOwn(parent, key)) return "nothing is there";
  if (op === "remove") Reflect.deleteProperty(parent, key);
  else Reflect.set(parent, key, value);
  return undefined;
};

/** Whatever the order of keys. */
export const sameJson = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  }
  if (!isJson(a) || !isJson(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  );
};
