import type { Metadata, Resource } from "@stowage/api";
import { z } from "zod";
import type { Log } from "../log.ts";

const schema = z.object({
  metadata: z.object({
    name: z.string(),
    namespace: z.string().default(""),
    uid: z.string().default(""),
    resourceVersion: z.string().default(""),
  }),
  value: z.string(),
});

export type Thing = { metadata: Metadata; value: string };

/** A resource of the tests' own: readable when it has a value. */
export const things: Resource<Thing> = {
  group: "example.com",
  version: "v1",
  plural: "things",
  kind: "Thing",
  scope: "cluster",
  parse: (object) => {
    const { metadata, value } = schema.parse(object);
    const rest = {
      generation: 1,
      creationTimestamp: "",
      deletionTimestamp: undefined,
      labels: {},
      annotations: {},
      finalizers: [],
      ownerReferences: [],
    };
    return { metadata: { ...rest, ...metadata }, value };
  },
};

export const thing = (name: string, value: string): object => ({ metadata: { name }, value });

export type Line = { readonly level: string; readonly fields: object; readonly message: string };

/** A log that keeps what is written. */
export const keptLog = (): Log & { readonly lines: Line[] } => {
  const lines: Line[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
};

/** Repeatable chance: a generator of Park and Miller. */
export const seeded = (seed: number): (() => number) => {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
};
