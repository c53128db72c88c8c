import type { StoreEvent } from "@stowage/kube/testing";
import { keyOfRaw } from "@stowage/kube/testing";

const unimportant =
  /^[^=]*(resourceVersion|observedGeneration|metadata\.generation|lastTransition|enewTime)[^=]*=/;

type Json = { readonly [key: string]: unknown };

/** A change of an object in words: only what is another now. */
export const wordsOfChange = ({ plural, type, object, before }: StoreEvent): string | undefined => {
  if (plural === "leases") return undefined;
  if (plural === "events")
    return `event: ${String(object["reason"])}: ${String(object["message"])}`;
  const key = keyOfRaw(object);
  if (type === "deleted") return `${plural} ${key} is gone`;
  if (before === undefined) return `creates ${plural} ${key}`;
  const changes = differences("", before, object).filter((text) => !unimportant.test(text));
  if (changes.length === 0) return undefined;
  return `${plural} ${key}: ${changes.join(", ").slice(0, 400)}`;
};

const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const named = (list: readonly unknown[]): Json | undefined => {
  const entries = list.map((item) => {
    const name = isJson(item) ? (item["name"] ?? item["type"] ?? item["path"]) : undefined;
    return [name, item] as const;
  });
  return entries.every(([name]) => typeof name === "string")
    ? Object.fromEntries(entries)
    : undefined;
};

const differences = (path: string, a: unknown, b: unknown): string[] => {
  if (JSON.stringify(a) === JSON.stringify(b)) return [];
  if (isJson(a) && isJson(b)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
      differences(path === "" ? key : `${path}.${key}`, a[key], b[key]),
    );
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    const [before, after] = [named(a), named(b)];
    if (before !== undefined && after !== undefined) return differences(path, before, after);
  }
  if (b === undefined) return [`-${path}`];
  return [`${a === undefined ? "+" : ""}${path}=${typeof b === "string" ? b : JSON.stringify(b)}`];
};
