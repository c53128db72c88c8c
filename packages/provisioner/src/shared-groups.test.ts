import type { NodeLocalStorage } from "@stowage/api";
import { groupOf, nodeLocalStorages } from "@stowage/api";
import { fit, gib } from "@stowage/capacity";
import type { Change, Informer } from "@stowage/kube";
import { expect, test } from "vitest";
import { withSharedRefused } from "./shared-groups.ts";

const reportOf = (node: string, device: { id: string; state: string }): NodeLocalStorage =>
  nodeLocalStorages.parse({
    metadata: { name: `${node}.fast` },
    spec: { nodeName: node, volumeGroup: "fast" },
    status: {
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "GroupReady",
          message: "takes volumes",
          lastTransitionTime: "2026-01-01T00:00:00Z",
        },
      ],
      extentSize: "4Mi",
      capacity: "10Gi",
      allocatable: "10Gi",
      devices: [{ path: "/dev/sdb", ...device }],
    },
  });

/** An informer to which a test tells changes. */
const told = (): {
  readonly informer: Informer<NodeLocalStorage>;
  readonly tell: (object: NodeLocalStorage) => void;
} => {
  const objects = new Map<string, NodeLocalStorage>();
  const handlers: ((change: Change<NodeLocalStorage>) => void)[] = [];
  const informer: Informer<NodeLocalStorage> = {
    get: (key) => objects.get(key),
    list: () => objects.values(),
    size: 0,
    state: () => ({ kind: "live" }),
    synced: () => Promise.resolve(),
    subscribe: (handler) => {
      handlers.push(handler);
      return () => undefined;
    },
  };
  return {
    informer,
    tell: (object) => {
      const previous = objects.get(object.metadata.name);
      objects.set(object.metadata.name, object);
      for (const handler of handlers) {
        handler(
          previous === undefined
            ? { kind: "added", object }
            : { kind: "updated", object, previous },
        );
      }
    },
  };
};

const answers = (objects: Iterable<NodeLocalStorage>): string[] =>
  [...objects].map((object) => {
    const answer = fit(groupOf(object), [gib(1)]);
    if (answer.kind === "fits") return "fits";
    return answer.refusal.code === "group_not_ready" ? answer.refusal.message : "";
  });

test("nodes that report one physical volume get no new volumes, and are told of when that ends", () => {
  const { informer, tell } = told();
  const groups = withSharedRefused(informer);
  const updated: string[] = [];
  groups.subscribe(({ kind, object }) => updated.push(`${kind} ${object.metadata.name}`));
  tell(reportOf("n1", { id: "uuid-1", state: "InUse" }));
  expect(answers(groups.list())).toEqual(["fits"]);
  const second = reportOf("n2", { id: "uuid-1", state: "InUse" });
  tell(second);
  expect(answers(groups.list())).toEqual([
    expect.stringContaining("node n2 reports its physical volume uuid-1 too"),
    expect.stringContaining("node n1 reports its physical volume uuid-1 too"),
  ]);
  expect(answers([groups.judged(second)])).not.toEqual(["fits"]);
  tell(reportOf("n1", { id: "uuid-1", state: "Missing" }));
  expect(answers(groups.list())).toEqual(["fits", "fits"]);
  expect(updated).toEqual([
    "added n1.fast",
    "updated n1.fast",
    "added n2.fast",
    "updated n2.fast",
    "updated n1.fast",
  ]);
});
