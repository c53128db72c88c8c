/*
 * What a schema may become while programs of two versions read and write the same objects:
 * docs/decisions/0023-fields-are-only-added.md.
 */

type Schema = { readonly [key: string]: unknown };

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const within = (schema: Schema, key: string): Schema => {
  const value = schema[key];
  return isSchema(value) ? value : {};
};

/** Told apart from other keys because they are compared by their parts, or mean nothing to programs. */
const taken = new Set(["description", "properties", "items", "x-kubernetes-validations"]);

const rulesOf = (schema: Schema): string[] => {
  const rules = schema["x-kubernetes-validations"];
  return Array.isArray(rules) ? rules.filter(isSchema).map(({ rule }) => String(rule)) : [];
};

/** What of a released schema today's no longer keeps to, as sentences with the field's path. */
export const brokenPromises = (released: Schema, today: Schema, path = ""): string[] => {
  const at = path === "" ? "the object" : path;
  const own = [...new Set([...Object.keys(released), ...Object.keys(today)])]
    .filter((key) => !taken.has(key))
    .filter((key) => JSON.stringify(released[key]) !== JSON.stringify(today[key]))
    .map(
      (key) =>
        `${at}: ${key} was ${JSON.stringify(released[key])} and is ${JSON.stringify(today[key])}`,
    );
  const rules = rulesOf(today)
    .filter((rule) => !rulesOf(released).includes(rule))
    .map((rule) => `${at}: there is a new rule ${rule}`);
  const [before, after] = [within(released, "properties"), within(today, "properties")];
  const fields = Object.keys(before).flatMap((name) => {
    const field = path === "" ? name : `${path}.${name}`;
    return name in after
      ? brokenPromises(within(before, name), within(after, name), field)
      : [`${field} is gone`];
  });
  const items =
    "items" in released
      ? brokenPromises(within(released, "items"), within(today, "items"), `${path}[]`)
      : [];
  return [...own, ...rules, ...fields, ...items];
};
