import type { ClassParameters } from "@stowage/api";
import { annotations, parseClassParameters } from "@stowage/api";
import { expect, test } from "vitest";
import { planClass } from "./plan-class.ts";
import { groupWith, storageClassWith } from "./testing/objects.ts";

const naming = (nodes: Readonly<Record<string, readonly string[]>>): ClassParameters => {
  const json = Object.entries(nodes).map(([node, devices]) => ({ node, devices }));
  const parsed = parseClassParameters(
    storageClassWith({ parameters: { volumeGroup: "fast", nodes: JSON.stringify(json) } }),
  );
  if (parsed.kind === "invalid") throw new Error(parsed.problem);
  return parsed.parameters;
};

/** A group of n1 with these devices, made for a class or written by hand. */
const groupOf = (origin: "fast" | "hand", ...devices: readonly string[]) => {
  const group = groupWith({ spec: { devices: devices.map((path) => ({ path })) } });
  if (origin === "hand") return group;
  const metadata = { ...group.metadata, annotations: { [annotations.storageClass]: origin } };
  return { ...group, metadata };
};

const plan = (
  nodes: Readonly<Record<string, readonly string[]>>,
  ...groups: ReturnType<typeof groupOf>[]
): string[] =>
  planClass("fast", naming(nodes), groups).map((step) => {
    switch (step.kind) {
      case "create":
        return `create ${step.name}`;
      case "add_devices":
        return `add ${step.devices.join(", ")} to ${step.name}`;
      case "refuse":
      case "keep":
        return `${step.kind}: ${step.why}`;
    }
  });

test("a node that is named gets a NodeLocalStorage, and one that is there gets the devices it lacks", () => {
  expect(plan({ n1: ["/dev/a", "/dev/b"], n2: ["/dev/a"] }, groupOf("fast", "/dev/a"))).toEqual([
    "add /dev/b to n1.fast",
    "create n2.fast",
  ]);
});

test("a NodeLocalStorage that was written by hand is joined, and nothing is said of what else it has", () => {
  expect(plan({ n1: ["/dev/b"] }, groupOf("hand", "/dev/a"))).toEqual(["add /dev/b to n1.fast"]);
  expect(plan({ n1: ["/dev/a"] }, groupOf("hand", "/dev/a", "/dev/z"))).toEqual([]);
});

test("what is no longer named stays, and that is said", () => {
  expect(plan({ n1: ["/dev/a"] }, groupOf("fast", "/dev/a", "/dev/b"))).toEqual([
    "keep: /dev/b of node n1 is no longer named, and stays in volume group fast; set evacuate on it in spec.devices of NodeLocalStorage n1.fast to have it emptied and taken out",
  ]);
  expect(plan({ n2: ["/dev/a"] }, groupOf("fast", "/dev/a"))).toEqual([
    "create n2.fast",
    "keep: volume group fast of node n1 is no longer named, and stays as it is; set spec.cordoned of NodeLocalStorage n1.fast to keep new volumes off it",
  ]);
});

test("a device of another group on the node is refused, and the others are taken", () => {
  const slow = groupWith({ volumeGroup: "slow", spec: { devices: [{ path: "/dev/a" }] } });
  expect(plan({ n1: ["/dev/a", "/dev/b"] }, slow)).toEqual([
    "refuse: /dev/a of node n1 already belongs to volume group slow; name it in one of the two only",
    "create n1.fast",
  ]);
});
