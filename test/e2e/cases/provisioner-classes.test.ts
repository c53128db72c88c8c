import { afterAll, beforeAll, expect, test } from "vitest";
import { at } from "../src/kinds.ts";
import { storageClass } from "../src/manifests.ts";
import { eventually, World } from "../src/world.ts";

let world: World;

beforeAll(async () => {
  world = await World.enter("classes");
  await world.storageClass(
    storageClass("made", { nodes: { n1: ["/dev/ubdb"], n2: ["/dev/ubdb"] } }),
    ["n1", "n2"],
  );
});

afterAll(() => world.leave());

/** Parameters of a class cannot be changed: whoever wants others makes it anew. */
const anew = async (nodes: Readonly<Record<string, readonly string[]>>): Promise<void> => {
  await world.delete("StorageClass", "made");
  await world.create(storageClass("made", { nodes }));
};

const eventsOn = (name: string, reason: string): Promise<string> =>
  world.cluster.kubectl([
    ..."get events -n default -o jsonpath={.items[*].message} --field-selector".split(" "),
    `involvedObject.kind=StorageClass,involvedObject.name=${name},reason=${reason}`,
  ]);

const devicesOf = (node: string): Promise<string> =>
  world.onNode(node, "pvs --noheadings -o pv_name -S vg_name=made | xargs");

test("a node and a disk that are added extend the groups", async () => {
  await anew({ n1: ["/dev/ubdb", "/dev/ubdc"], n2: ["/dev/ubdb"] });
  await eventually(async () => expect(await devicesOf("n1")).toBe("/dev/ubdb /dev/ubdc"));
  await world.until("NodeLocalStorage", "n1.made", {
    metadata: { annotations: { "stowage.dev/storage-class": "made" } },
    status: { capacity: "8176Mi" },
  });
});

test("a node and a disk that are taken away stay as they are, and the class says so", async () => {
  await anew({ n1: ["/dev/ubdb"] });
  await eventually(async () => {
    const words = await eventsOn("made", "DevicesKept");
    expect(words).toMatch(
      /\/dev\/ubdc of node n1 is no longer named, and stays in volume group made/,
    );
    expect(words).toMatch(/volume group made of node n2 is no longer named, and stays as it is/);
  });
  expect(await devicesOf("n1")).toBe("/dev/ubdb /dev/ubdc");
  expect(await devicesOf("n2")).toBe("/dev/ubdb");
});

test("a device of one class is refused to another", async () => {
  await world.create(storageClass("rival", { nodes: { n1: ["/dev/ubdb"] } }));
  try {
    await eventually(async () => {
      expect(await eventsOn("rival", "DeviceConflict")).toMatch(
        /\/dev\/ubdb of node n1 already belongs to volume group made/,
      );
    });
    expect(await world.get("NodeLocalStorage", "n1.rival")).toBeUndefined();
  } finally {
    await world.delete("StorageClass", "rival");
  }
});

test("a NodeLocalStorage that was written by hand is joined, not overwritten", async () => {
  await world.create({
    kind: "NodeLocalStorage",
    metadata: { name: "n2.hand", labels: { by: "hand" } },
    spec: { nodeName: "n2", volumeGroup: "hand", reserved: "1Gi", devices: [], cordoned: true },
  });
  await world.storageClass(storageClass("hand", { nodes: { n2: ["/dev/ubdc"] } }), ["n2"]);
  expect(await world.get("NodeLocalStorage", "n2.hand")).toMatchObject({
    metadata: { labels: { by: "hand" } },
    spec: { reserved: "1Gi", cordoned: true, devices: [{ path: "/dev/ubdc" }] },
    status: { capacity: "4088Mi", allocatable: "3064Mi" },
  });
});

test("capacity is published for each class and group, belongs to the group, and goes with the class", async () => {
  const published = async (name: string): Promise<string[]> => {
    const { items } = JSON.parse(
      await world.cluster.kubectl("-n stowage-system get csistoragecapacities -o json".split(" ")),
    ) as { items: object[] };
    return items
      .filter((item) => at(item, "storageClassName") === name)
      .map(
        (item) =>
          `${String(at(item, "metadata.ownerReferences.0.name"))} ${String(at(item, "capacity"))}`,
      )
      .toSorted();
  };
  const name = "made-too";
  await world.create(storageClass(name, { parameters: { volumeGroup: "made" } }));
  await eventually(async () => {
    expect(await published(name)).toEqual(["n1.made 8176Mi", "n2.made 4088Mi", "undefined 0"]);
  });
  await world.delete("StorageClass", name);
  await eventually(async () => expect(await published(name)).toEqual([]));
});
