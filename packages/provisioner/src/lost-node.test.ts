import type { NodeLocalStorage } from "@stowage/api";
import { annotations } from "@stowage/api";
import type { Moment } from "@stowage/clock";
import { milliseconds } from "@stowage/clock";
import { expect, test } from "vitest";
import { lossOf } from "./lost-node.ts";
import { planVolume } from "./plan-volume.ts";
import type { NodeState } from "./seen-volume.ts";
import { groupWith, nodeWith, persistentVolumeWith, uid, volumeName } from "./testing/objects.ts";

const gone: NodeState = { kind: "gone" };
const usable: NodeState = { kind: "usable", node: nodeWith("n1") };
const away: NodeState = { kind: "agent_not_ready", since: 0 as Moment };

const entry = { name: volumeName, size: "1Gi", claim: { namespace: "shop", name: "data", uid } };
const buried = { ...entry, delete: true };

/** The group of n1 with this ledger, annotated or not. */
const group = (volumes: readonly object[], nodeLost?: string): NodeLocalStorage => {
  const plain = groupWith({ spec: { volumes } });
  if (nodeLost === undefined) return plain;
  return {
    ...plain,
    metadata: { ...plain.metadata, annotations: { [annotations.nodeLost]: nodeLost } },
  };
};

test.for<[string | undefined, NodeState, string]>([
  [undefined, usable, "none"],
  [undefined, away, "none"],
  [undefined, gone, "unconfirmed"],
  ["n1", gone, "confirmed"],
  ["n1", usable, "none"],
  ["n1", away, "none"],
  ["true", gone, "unconfirmed"],
  ["n2", gone, "unconfirmed"],
])("annotated with %j, the node being %j: %s", ([nodeLost, state, kind]) => {
  expect(lossOf(group([], nodeLost), state).kind).toBe(kind);
});

const released = persistentVolumeWith({ phase: "Released" });

const planned = (
  home: NodeLocalStorage,
  state: NodeState,
  persistentVolume = released,
): ReturnType<typeof planVolume> =>
  planVolume({
    name: volumeName,
    now: 0 as Moment,
    claim: undefined,
    wish: { kind: "none" },
    nowhere: undefined,
    persistentVolume,
    entries: home.spec.volumes.map((found) => ({ group: home, entry: found, status: undefined })),
    target: undefined,
    nodeState: () => state,
    group: () => home,
    waitingSince: undefined,
    placedSince: undefined,
    companions: [],
    forsaken: undefined,
    pause: milliseconds(0),
  });

test("without the confirmation a Released volume waits, and an event says how to give it", () => {
  expect(planned(group([entry]), gone)).toMatchObject([{ kind: "bury", ground: "released" }]);
  expect(planned(group([buried]), gone)).toMatchObject([
    {
      kind: "tell_persistent_volume",
      why: "node n1 no longer exists, so its volume is removed when it comes back; if it never will: kubectl annotate nls n1.fast stowage.dev/node-lost=n1",
    },
  ]);
});

test.for<[string, readonly object[], string[]]>([
  ["a living entry", [entry], ["drop", "delete_persistent_volume", "release_finalizer"]],
  ["a tombstone", [buried], ["drop", "delete_persistent_volume", "release_finalizer"]],
  ["no entry", [], ["delete_persistent_volume", "release_finalizer"]],
])("with the confirmation it goes without the agent, there being %s", ([, volumes, kinds]) => {
  expect(planned(group(volumes, "n1"), gone).map(({ kind }) => kind)).toEqual(kinds);
});

test("the confirmation touches no volume that is still claimed, or that is to be kept", () => {
  expect(planned(group([entry], "n1"), gone, persistentVolumeWith({ phase: "Bound" }))).toEqual([]);
  const retained = persistentVolumeWith({
    phase: "Released",
    spec: { persistentVolumeReclaimPolicy: "Retain" },
  });
  expect(planned(group([entry], "n1"), gone, retained)).toEqual([]);
});

test("while the node is there the annotation counts for nothing", () => {
  expect(planned(group([buried], "n1"), usable)).toEqual([]);
});
