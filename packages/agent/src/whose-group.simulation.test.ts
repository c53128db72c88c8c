import { managedTag, nodeTag, tagsFor } from "@stowage/lvm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { entry, FakeStorage, handedOut } from "./testing/fake-storage.ts";

/* Whatever groups are called and tagged, and wherever they lie. */

const place = fc.constantFrom("named", "matched", "unlisted", "loop", "lvm");

const someGroup = fc.record({
  name: fc.constantFrom("fast", "fast", "slow"),
  tags: fc.subarray([managedTag, nodeTag("n1"), nodeTag("n2")]),
  places: fc.array(place, { minLength: 1, maxLength: 2 }),
  host: fc.constantFrom("any", "any", "any", "other", "shared"),
  volumes: fc.integer({ min: 0, max: 2 }),
});

const world = fc.record({
  groups: fc.array(someGroup, { maxLength: 3 }),
  filter: fc.constantFrom("none", "hidden"),
  spare: fc.boolean(),
  /** Whether an agent has looked before the other groups came. */
  history: fc.constantFrom("new", "has_a_group", "group_away"),
});

type World = typeof world extends fc.Arbitrary<infer T> ? T : never;
type SomeGroup = World["groups"][number];

const pathFor = (kind: SomeGroup["places"][number], at: string): string =>
  ({
    named: `/dev/disk/by-id/named-${at}`,
    matched: `/dev/disk/by-id/matched-${at}`,
    unlisted: `/dev/sd${at}`,
    loop: `/dev/loop${at.replace("-", "")}`,
    lvm: `/dev/mapper/other-${at}`,
  })[kind];

/** What nobody but another node or a tenant can have meant: no evidence makes it n1's. */
const isOthers = ({ name, tags, places, host }: SomeGroup, { history }: World): boolean => {
  if (name !== "fast" || tags.includes(nodeTag("n2")) || host !== "any") return true;
  if (places.every((kind) => kind === "unlisted" || kind === "loop" || kind === "lvm")) return true;
  if (history === "new") {
    return places.some((kind) => kind !== "named") && !tags.includes(nodeTag("n1"));
  }
  return history === "has_a_group" || !tags.includes(nodeTag("n1")) || !places.includes("named");
};

const check = async (given: World): Promise<void> => {
  const storage = new FakeStorage();
  const { node } = storage;
  const own = "/dev/disk/by-id/named-own";
  const named = given.groups.flatMap(({ places }, at) =>
    places.flatMap((kind, i) => (kind === "named" ? [pathFor(kind, `${at}-${i}`)] : [])),
  );
  const spec = { match: { paths: ["/dev/disk/by-id/matched-*"] } };
  if (given.history !== "new") {
    node.addDevice(own, 64);
    storage.wish({ ...spec, devices: [own], volumes: [entry("own", "8Mi")] });
    await storage.settle();
    if (given.history === "group_away") {
      for (const device of node.devices) device.presence = "missing";
    }
  } else if (given.spare) node.addDevice(own, 64);
  const made = given.groups.map((group, at) => {
    const devices = group.places.map((kind, i) =>
      node.addDevice(pathFor(kind, `${at}-${i}`), 64, {
        ...(kind === "loop" || kind === "lvm" ? { type: kind } : {}),
        ...(given.filter === "hidden" ? { filter: "hidden" } : {}),
      }),
    );
    const fake = node.addGroup(group.name, devices, group.tags, `group-${at}`);
    if (group.host === "other") fake.systemId = "h2";
    if (group.host === "shared") fake.lockType = "sanlock";
    for (let i = 0; i < group.volumes; i += 1) {
      const name = `pvc-${at}-${i}`;
      node.addVolume(fake, name, 1, tagsFor({ volume: name })).activation = "inactive";
    }
    return { group, fake, devices };
  });
  const others = made.filter(({ group }) => isOthers(group, given));
  const before = structuredClone(others);
  storage.restartAgent();
  storage.wish({
    ...spec,
    devices: [own, ...named],
    volumes: [
      ...(given.history === "new" ? [] : [handedOut("own", "8Mi")]),
      entry("new", "8Mi"),
      { name: "pvc-0-0", size: "4Mi", delete: true, wipe: "zero" },
    ],
  });
  await storage.settle();
  expect(others).toEqual(before);
  if (given.history === "has_a_group") {
    expect(storage.condition("Ready")).toBe("True GroupReady");
    expect(storage.volumeStates).toMatchObject({ "pvc-own": "Ready", "pvc-new": "Ready" });
  }
};

test("whatever groups there are, wherever, with whatever names and tags, those of other nodes and tenants are not touched", async () => {
  const property = fc.asyncProperty(world, check);
  await expect(fc.assert(property, { numRuns: 300 })).resolves.toBeUndefined();
});
