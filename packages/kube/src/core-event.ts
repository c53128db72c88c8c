import type { Resource } from "@stowage/api";
import type { Instant } from "@stowage/clock";
import { z } from "zod";

/** The object that an event is about. `namespace` is "" for one without. */
export type Regarding = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
};

export type EventType = "Normal" | "Warning";

const schema = z.object({ metadata: z.object({ name: z.string() }), count: z.number().default(1) });

export const coreEvents: Resource<z.output<typeof schema>> = {
  group: "",
  version: "v1",
  plural: "events",
  kind: "Event",
  scope: "namespaced",
  parse: (object) => schema.parse(object),
};

/** The namespace of an event is that of its object; the API server insists on it. */
export const eventNamespace = ({ namespace }: Regarding): string =>
  namespace === "" ? "default" : namespace;

/** Kubernetes' Time: whole seconds. */
export const eventTime = (instant: Instant): string =>
  new Date(instant).toISOString().replace(/\.\d+Z$/, "Z");

/** Unique: the object's name, then time and chance. At most 253 characters (RFC 1123 subdomain). */
export const eventName = ({ name }: Regarding, now: Instant, random: () => number): string => {
  const unique = BigInt(now) * 1_000_000n + BigInt(Math.floor(random() * 1_000_000));
  return `${name.slice(0, 230).replace(/[-.]+$/, "")}.${unique.toString(16)}`;
};

/** Longer messages are refused by the events.k8s.io view of the same object. */
export const longestMessage = 1024;
