import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { at } from "../src/kinds.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { eventually, World } from "../src/world.ts";

let world: World;

beforeAll(async () => {
  world = await World.enter("scheduling");
  await world.storageClass(
    storageClass("burst", { nodes: { n1: ["/dev/ubdb"], n2: ["/dev/ubdb"] } }),
    ["n1", "n2"],
  );
});

afterEach(() => world.clear());
afterAll(() => world.leave());

const phases = async (names: readonly string[]): Promise<string[]> =>
  Promise.all(names.map(async (name) => String(at(await world.get("Pod", name), "status.phase"))));

test("case 1: of ten claims at once that fit six times, six run, four wait with the reason, none fails", async () => {
  // 4088 MiB a node: three of 1200 MiB fit on each.
  const names = Array.from({ length: 10 }, (_, index) => `burst-${index}`);
  for (const name of names) await world.create(claim(name, "burst", "1200Mi"));
  await Promise.all(names.map((name) => world.create(podWith(name, [name]))));
  await eventually(
    async () => {
      const seen = await phases(names);
      expect(seen.filter((phase) => phase === "Running")).toHaveLength(6);
    },
    { timeout: 180_000 },
  );
  const waiting = (
    await Promise.all(names.map(async (name) => ({ name, phase: (await phases([name]))[0] })))
  ).filter(({ phase }) => phase === "Pending");
  expect(waiting).toHaveLength(4);
  for (const { name } of waiting) {
    await eventually(async () => {
      expect(await world.messages("Pod", name)).toContainEqual(
        expect.stringMatching(/needs 1\.18 GiB in burst, 488 MiB free of 3\.99 GiB/),
      );
    });
  }
  for (const name of names) {
    const messages = await world.messages("PersistentVolumeClaim", name);
    expect(messages.filter((message) => /no volume on node/.test(message))).toEqual([]);
  }
  for (const node of ["n1", "n2"]) {
    expect(await world.logicalVolumes(node, "burst")).toHaveLength(3);
  }
}, 400_000);

test("case 2: a pod with two claims goes only where both fit together", async () => {
  // One node has 2 GiB taken: 1.5 GiB and 1 GiB each fit there, the two together only elsewhere.
  await world.create(claim("big", "burst", "2Gi"));
  await world.create(podWith("big", ["big"]));
  await world.running("big");
  const taken = at(await world.get("Pod", "big"), "spec.nodeName");
  await world.create(claim("left", "burst", "1500Mi"));
  await world.create(claim("right", "burst", "1Gi"));
  await world.create(podWith("pair", ["left", "right"]));
  const pair = await world.running("pair");
  expect(at(pair, "spec.nodeName")).not.toBe(taken);

  // Now each of two claims of 1.5 GiB still fits somewhere, the two together nowhere.
  await world.create(claim("one", "burst", "1500Mi"));
  await world.create(claim("two", "burst", "1500Mi"));
  await world.create(podWith("too-much", ["one", "two"]));
  await eventually(async () => {
    expect(await world.messages("Pod", "too-much")).toContainEqual(
      expect.stringMatching(/needs 2\.9\d GiB in burst for 2 volumes/),
    );
  });
  for (const name of ["one", "two"]) {
    expect(await world.get("PersistentVolumeClaim", name)).toMatchObject({
      status: { phase: "Pending" },
    });
  }
});

test("case 2: claims in two groups are judged group by group", async () => {
  await world.storageClass(storageClass("second", { nodes: { n1: ["/dev/ubdc"] } }), ["n1"]);
  await world.create(claim("in-burst", "burst", "64Mi"));
  await world.create(claim("in-second", "second", "64Mi"));
  await world.create(podWith("both", ["in-burst", "in-second"]));
  const both = await world.running("both");
  expect(at(both, "spec.nodeName")).toBe("n1");
});

test("case 6: pods without our claims pass, also those whose bound claim has lost its class", async () => {
  await world.create(podWith("plain", []));
  await world.running("plain");
  await world.create(claim("kept", "burst", "64Mi"));
  await world.create(podWith("first-user", ["kept"]));
  await world.running("first-user");
  await world.delete("Pod", "first-user");
  await world.delete("StorageClass", "burst");
  await world.create(podWith("second-user", ["kept"]));
  expect(await world.running("second-user")).toHaveProperty("spec.nodeName");
  await world.create(storageClass("burst", { nodes: { n1: ["/dev/ubdb"], n2: ["/dev/ubdb"] } }));
});

test("case 12: a pending pod's event names the group, what is wanted and what is free, or that there is no group", async () => {
  await world.create(claim("huge", "burst", "50Gi"));
  await world.create(podWith("huge", ["huge"]));
  await eventually(async () => {
    const messages = await world.messages("Pod", "huge");
    expect(messages).toContainEqual(
      expect.stringMatching(/needs 50 GiB in burst, .* free of 3\.99 GiB/),
    );
    expect(messages).toContainEqual(expect.stringMatching(/1 no volume group burst/));
  });
});
