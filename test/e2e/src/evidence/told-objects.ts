import { parse } from "yaml";
import type { Plain } from "../kinds.ts";
import { at } from "../kinds.ts";

/** The objects of a list as kubectl printed it; none where it printed something else. */
const itemsOf = (text: string | undefined): readonly Plain[] => {
  if (text === undefined || !text.startsWith("apiVersion:")) return [];
  const items = at(parse(text), "items");
  return Array.isArray(items) ? (items as Plain[]) : [];
};

const listAt = (object: unknown, path: string): readonly Plain[] => {
  const list = at(object, path);
  return Array.isArray(list) ? (list as Plain[]) : [];
};

const nameOf = (object: Plain): string => {
  const { namespace, name } = object["metadata"] as { readonly namespace?: string; name: string };
  return namespace === undefined ? name : `${namespace}/${name}`;
};

const notReady = (object: Plain): Plain | undefined =>
  listAt(object, "status.conditions").find(
    ({ type, status }) => type === "Ready" && status !== "True",
  );

const reasonOf = ({ reason, message }: Plain): string =>
  [reason, message].filter((word) => word !== undefined && word !== "").join(": ") ||
  "no reason is given";

/** Objects whose condition Ready is not True, each with the reason. */
const unready = (kind: string, text: string | undefined): string[] =>
  itemsOf(text).flatMap((object) => {
    const condition = notReady(object);
    return condition === undefined
      ? []
      : [`${kind} ${nameOf(object)} is not Ready: ${reasonOf(condition)}`];
  });

export const nodesNotReady = (text: string | undefined): string[] => unready("node", text);

export const groupsNotReady = (text: string | undefined): string[] =>
  unready("NodeLocalStorage", text);

/** What a container waits for that does not come by itself soon, or why its last run ended. */
const troubleOf = (container: Plain): string | undefined => {
  const waiting = at(container, "state.waiting") as Plain | undefined;
  if (
    waiting !== undefined &&
    !/^(?:ContainerCreating|PodInitializing)$/.test(String(waiting["reason"]))
  ) {
    return reasonOf(waiting);
  }
  const ended = (at(container, "state.terminated") ?? at(container, "lastState.terminated")) as
    Plain | undefined;
  if (ended === undefined || ended["exitCode"] === 0) return undefined;
  return `ended with ${String(ended["exitCode"])}, ${String(container["restartCount"])} restarts`;
};

/** Pods whose containers are in trouble, and Stowage's that are not Ready. */
export const podsNotReady = (text: string | undefined): string[] =>
  itemsOf(text).flatMap((pod) => {
    const trouble = listAt(pod, "status.containerStatuses").map(troubleOf).find(Boolean);
    if (trouble !== undefined) return [`pod ${nameOf(pod)}: ${trouble}`];
    const condition = notReady(pod);
    return condition !== undefined && at(pod, "metadata.namespace") === "stowage-system"
      ? [`pod ${nameOf(pod)} is not Ready: ${reasonOf(condition)}`]
      : [];
  });

/** Core and newer events keep their time at different places. */
const timeOf = (event: Plain): string =>
  String(
    at(event, "series.lastObservedTime") ??
      event["lastTimestamp"] ??
      event["eventTime"] ??
      at(event, "metadata.creationTimestamp"),
  );

/** What each Pod and each node of the test cluster has: no DNS, and not all cgroups. */
const usualWarnings: ReadonlySet<unknown> = new Set([
  "MissingClusterDNS",
  "FailedNodeAllocatableEnforcement",
]);

/** The Warning events since then, oldest first, of each object and reason the last one. */
export const warnings = (text: string | undefined, since: Date): string[] => {
  // Events tell whole seconds.
  const from = Math.floor(since.getTime() / 1000) * 1000;
  const events = itemsOf(text)
    .filter(({ type, reason }) => type === "Warning" && !usualWarnings.has(reason))
    .filter((event) => new Date(timeOf(event)).getTime() >= from)
    .toSorted((a, b) => timeOf(a).localeCompare(timeOf(b)));
  const last = new Map<string, string>();
  for (const event of events) {
    const object = `${String(at(event, "involvedObject.kind"))} ${String(at(event, "involvedObject.name"))}`;
    const key = `${String(event["reason"])} of ${object}`;
    last.delete(key);
    last.set(key, `event ${key}: ${String(event["message"])}`);
  }
  return [...last.values()];
};
