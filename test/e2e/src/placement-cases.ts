import { expect } from "vitest";
import { at } from "./kinds.ts";
import { claim, onlyNodes, podWith, preferNode, storageClass } from "./manifests.ts";
import type { World } from "./world.ts";
import { eventually } from "./world.ts";

/*
 * What the extender must do right, each to be run with its replicas left alone and with them killed.
 * All of them want a class whose groups are on n1 and n2, with one disk each and nothing in them:
 * 4088 MiB.
 */

export const placementClass = (name: string) =>
  storageClass(name, { nodes: { n1: ["/dev/ubdb"], n2: ["/dev/ubdb"] } });

/** One of these fits on each node. */
const large = "2500Mi";

const phases = async (world: World, names: readonly string[]): Promise<string[]> =>
  Promise.all(names.map(async (name) => String(at(await world.get("Pod", name), "status.phase"))));

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

const waitsWith = (world: World, pod: string, words: RegExp): Promise<void> =>
  eventually(async () => {
    expect(await world.messages("Pod", pod)).toContainEqual(expect.stringMatching(words));
  });

/** Of ten claims at once three fit on each node. */
export const burst = async (world: World, group: string): Promise<void> => {
  const names = numbered("burst", 10);
  for (const name of names) await world.create(claim(name, group, "1200Mi"));
  await Promise.all(names.map((name) => world.create(podWith(name, [name]))));
  await eventually(
    async () => {
      const seen = await phases(world, names);
      expect(seen.filter((phase) => phase === "Running")).toHaveLength(6);
    },
    { timeout: 180_000 },
  );
  const seen = await phases(world, names);
  const waiting = names.filter((_, index) => seen[index] === "Pending");
  expect(waiting).toHaveLength(4);
  const words = new RegExp(`needs 1\\.18 GiB in ${group}, 488 MiB free of 3\\.99 GiB`);
  for (const name of waiting) await waitsWith(world, name, words);
  for (const node of ["n1", "n2"]) {
    expect(await world.logicalVolumes(node, group)).toHaveLength(3);
  }
};

/** No claim of the burst was sent to a node without room for it. */
export const burstNeverFailed = async (world: World): Promise<void> => {
  for (const name of numbered("burst", 10)) {
    const messages = await world.messages("PersistentVolumeClaim", name);
    expect(messages.filter((message) => /no volume on node/.test(message))).toEqual([]);
  }
};

/** Of two claims each fits on either node, both together on one or on none. */
export const pairInOneGroup = async (world: World, group: string): Promise<void> => {
  // One node has 2 GiB taken: 1.5 GiB and 1 GiB each fit there, the two together only elsewhere.
  await world.create(claim("big", group, "2Gi"));
  await world.create(podWith("big", ["big"]));
  await world.running("big");
  const taken = at(await world.get("Pod", "big"), "spec.nodeName");
  await world.create(claim("left", group, "1500Mi"));
  await world.create(claim("right", group, "1Gi"));
  await world.create(podWith("pair", ["left", "right"]));
  const pair = await world.running("pair");
  expect(at(pair, "spec.nodeName")).not.toBe(taken);

  // Now each of two claims of 1.5 GiB still fits somewhere, the two together nowhere.
  await world.create(claim("one", group, "1500Mi"));
  await world.create(claim("two", group, "1500Mi"));
  await world.create(podWith("too-much", ["one", "two"]));
  await waitsWith(world, "too-much", new RegExp(`needs 2\\.9\\d GiB in ${group} for 2 volumes`));
  for (const name of ["one", "two"]) {
    expect(await world.get("PersistentVolumeClaim", name)).toMatchObject({
      status: { phase: "Pending" },
    });
  }
};

/** A second group is on n2 only. */
export const pairInTwoGroups = async (world: World, group: string): Promise<void> => {
  const second = `${group}-second`;
  await world.storageClass(storageClass(second, { nodes: { n2: ["/dev/ubdc"] } }), ["n2"]);
  await world.create(claim("in-first", group, "64Mi"));
  await world.create(claim("in-second", second, "64Mi"));
  await world.create(podWith("both", ["in-first", "in-second"]));
  const both = await world.running("both");
  expect(at(both, "spec.nodeName")).toBe("n2");
};

/** A pod goes before it runs; both nodes must then take a large claim. */
export const neverBound = async (world: World, group: string): Promise<void> => {
  await world.create(claim("held", group, large));
  await world.create(podWith("held", ["held"]));
  await eventually(async () => {
    expect(await world.get("Pod", "held")).toMatchObject({
      spec: { nodeName: expect.any(String) },
    });
  });
  await world.delete("Pod", "held");
  await world.delete("PersistentVolumeClaim", "held");
  for (const name of ["left", "right"]) {
    await world.create(claim(name, group, large));
    await world.create(podWith(name, [name]));
  }
  const nodes = await Promise.all(
    ["left", "right"].map(async (name) => at(await world.running(name), "spec.nodeName")),
  );
  expect(new Set(nodes).size).toBe(2);
};

/** A volume by hand fills the node that the pod likes best. */
export const provesFull = async (world: World, group: string): Promise<void> => {
  await world.onNode("n1", `lvcreate --yes --extents 90%FREE --name by-hand ${group}`);
  await world.create(claim("moved", group, large));
  await world.create(podWith("moved", ["moved"], preferNode("n1")));
  const moved = await world.running("moved");
  expect(at(moved, "spec.nodeName")).toBe("n2");
  await world.onNode("n1", `lvremove --yes ${group}/by-hand`);
  await world.until(
    "NodeLocalStorage",
    `n1.${group}`,
    { status: { allocatable: "4088Mi" } },
    { timeout: 150_000 },
  );
};

/** The second disk of n1 makes room for a pod that waits. */
export const groupGrows = async (world: World, group: string): Promise<void> => {
  await world.create(claim("larger", group, "6Gi"));
  await world.create(podWith("larger", ["larger"], onlyNodes("n1")));
  await waitsWith(
    world,
    "larger",
    new RegExp(`needs 6 GiB in ${group}, 3\\.99 GiB free of 3\\.99 GiB`),
  );
  await world.merge("NodeLocalStorage", `n1.${group}`, {
    spec: { devices: [{ path: "/dev/ubdb" }, { path: "/dev/ubdc" }] },
  });
  await world.running("larger", { timeout: 60_000 });
};

/** Without claims, and with a bound one whose class is gone. */
export const notAsked = async (world: World, group: string): Promise<void> => {
  await world.create(podWith("plain", []));
  await world.running("plain");
  await world.create(claim("kept", group, "64Mi"));
  await world.create(podWith("first-user", ["kept"]));
  await world.running("first-user");
  await world.delete("Pod", "first-user");
  await world.delete("StorageClass", group);
  try {
    await world.create(podWith("second-user", ["kept"]));
    expect(await world.running("second-user")).toHaveProperty("spec.nodeName");
  } finally {
    await world.create(placementClass(group));
  }
};

/** A pod and its claim are made anew under their names while the old claim is going. */
export const madeAnew = async (world: World, group: string): Promise<void> => {
  await world.create(claim("data-0", group, large));
  await world.create(podWith("db-0", ["data-0"]));
  await world.running("db-0");
  // Held back by a finalizer, so that the new pod surely comes while the old claim is still there.
  await world.merge("PersistentVolumeClaim", "data-0", {
    metadata: { finalizers: ["kubernetes.io/pvc-protection", "test.stowage.dev/hold"] },
  });
  await world.delete("Pod", "db-0");
  await world.cluster.kubectl(
    `-n ${world.namespace} delete persistentvolumeclaim/data-0 --wait=false`.split(" "),
  );
  await world.create(podWith("db-0", ["data-0"]));
  await waitsWith(world, "db-0", /data-0"? is being deleted/);
  await world.merge("PersistentVolumeClaim", "data-0", { metadata: { finalizers: null } });
  await eventually(async () => {
    expect(await world.get("PersistentVolumeClaim", "data-0")).toBeUndefined();
  });
  const again = await world.create(claim("data-0", group, large));
  await world.running("db-0");
  const volume = `pvc-${String(at(again, "metadata.uid"))}`;
  expect(await world.get("PersistentVolumeClaim", "data-0")).toMatchObject({
    spec: { volumeName: volume },
  });
};

/** Two pods have taken what an urgent one would need. */
export const urgent = async (world: World, group: string): Promise<void> => {
  await world.cluster.kubectl("create priorityclass stowage-urgent --value=1000000".split(" "));
  try {
    for (const name of ["first", "second"]) {
      await world.create(claim(name, group, large));
      await world.create(podWith(name, [name]));
      await world.running(name);
    }
    await world.create(claim("urgent", group, large));
    await world.create(podWith("urgent", ["urgent"], { priorityClassName: "stowage-urgent" }));
    await waitsWith(
      world,
      "urgent",
      new RegExp(`needs 2\\.45 GiB in ${group}, .* free of 3\\.99 GiB`),
    );
    await waitsWith(world, "urgent", /Preemption is not helpful for scheduling/);
    for (const name of ["first", "second"]) {
      expect(await world.get("Pod", name)).toMatchObject({ status: { phase: "Running" } });
    }
    expect(at(await world.get("Pod", "urgent"), "status.nominatedNodeName")).toBeUndefined();
  } finally {
    await world.cluster.kubectl("delete priorityclass stowage-urgent".split(" "));
  }
};

/** A pod whose only volume is a generic ephemeral one. */
export const ephemeral = (
  name: string,
  storageClassName: string,
  size: string,
  spec: Readonly<Record<string, unknown>> = {},
): ReturnType<typeof podWith> => {
  const volumeClaimTemplate = {
    spec: {
      storageClassName,
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: size } },
    },
  };
  return podWith(name, [], {
    volumes: [{ name: "scratch", ephemeral: { volumeClaimTemplate } }],
    ...spec,
  });
};

/** Of three ephemeral volumes two fit, and go with their pods. */
export const ephemeralVolumes = async (world: World, group: string): Promise<void> => {
  const names = ["scratch-a", "scratch-b", "scratch-c"];
  await Promise.all(names.map((name) => world.create(ephemeral(name, group, large))));
  await eventually(async () => {
    const seen = await phases(world, names);
    expect(seen.filter((phase) => phase === "Running")).toHaveLength(2);
  });
  await Promise.all(names.map((name) => world.delete("Pod", name)));
  for (const node of ["n1", "n2"]) {
    await eventually(async () => {
      expect(await world.logicalVolumes(node, group)).toEqual([]);
    });
  }
};

/** A claim larger than any group; n3 has none. */
export const whyPending = async (world: World, group: string): Promise<void> => {
  await world.create(claim("huge", group, "50Gi"));
  await world.create(podWith("huge", ["huge"]));
  await waitsWith(world, "huge", new RegExp(`needs 50 GiB in ${group}, .* free of 3\\.99 GiB`));
  await waitsWith(world, "huge", new RegExp(`1 no volume group ${group}`));
};
