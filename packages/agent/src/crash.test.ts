import { minutes } from "@stowage/clock";
import { expect, test } from "vitest";
import { entry, FakeStorage } from "./testing/fake-storage.ts";

const first = "/dev/disk/by-id/a";
const second = "/dev/disk/by-id/b";

type Wish = Parameters<FakeStorage["wish"]>[0];

const both = [first, second];
const full = entry("1", "400Mi");

/** What an agent does that can be cut off: from one wish that was met to the next. */
const works: Record<string, { readonly from: Wish; readonly to: Wish }> = {
  vgcreate: { from: { devices: [] }, to: { devices: [first] } },
  vgextend: { from: { devices: [first] }, to: { devices: both } },
  create: {
    from: { devices: both },
    to: { devices: both, volumes: [full, entry("2", "100Mi")] },
  },
  "make a file system": {
    from: { devices: both },
    to: {
      devices: both,
      volumes: [
        entry("1", "100Mi", { fileSystem: { type: "ext4", mkfsOptions: "-O ^has_journal" } }),
      ],
    },
  },
  grow: {
    from: { devices: both, volumes: [full] },
    to: { devices: both, volumes: [entry("1", "900Mi")] },
  },
  "wipe and remove": {
    from: { devices: both, volumes: [entry("1", "1Gi")] },
    to: { devices: both, volumes: [entry("1", "1Gi", { delete: true })] },
  },
  evacuate: {
    from: { devices: both, volumes: [full] },
    to: { devices: [{ path: first, evacuate: true }, { path: second }], volumes: [full] },
  },
};

const start = async (wish: Wish): Promise<FakeStorage> => {
  const storage = new FakeStorage();
  storage.node.addDevice(first, 1024);
  storage.node.addDevice(second, 1024);
  storage.wish(wish);
  await storage.settle();
  storage.node.ran.length = 0;
  return storage;
};

/**
 * What is on the node and what is said of it; without what only tells of the way. Old signatures may
 * stay on a volume whose agent died before it erased them: the next one cannot know that it is new.
 */
const outcome = ({ node, status }: FakeStorage): object => ({
  devices: node.devices
    .toSorted((a, b) => a.number - b.number)
    .map(({ path, signatures, tags, group, allocation }) => ({
      path,
      signatures,
      tags,
      group,
      held: allocation === "held",
    })),
  volumes: node
    .group("fast")
    ?.volumes.map(({ name, extents, content }) => [name, extents, content === "formatted"]),
  reported: { ...status, conditions: status.conditions.map(({ reason }) => reason) },
});

test.for(Object.keys(works))(
  "an agent that is killed before any command of %s, and a power cut there, end where an undisturbed one does",
  async (name) => {
    const work = works[name];
    if (work === undefined) throw new Error(`no work ${name}`);
    const undisturbed = await start(work.from);
    undisturbed.wish(work.to);
    await undisturbed.settle();
    const steps = undisturbed.node.ran.length;
    expect(steps).toBeGreaterThan(0);
    for (let step = 1; step <= steps; step += 1) {
      for (const boot of ["no", "yes"]) {
        const storage = await start(work.from);
        storage.node.trouble = () =>
          storage.node.ran.length >= step ? new Error("killed") : undefined;
        storage.wish(work.to);
        await storage.settle().catch(() => undefined);
        storage.node.trouble = () => undefined;
        for (const volume of storage.node.group("fast")?.volumes ?? []) {
          if (boot === "yes") volume.activation = "inactive";
        }
        storage.restartAgent();
        await storage.settle();
        await storage.clock.advance(minutes(2));
        await storage.settle();
        expect({ step, boot, ...outcome(storage) }).toEqual({
          step,
          boot,
          ...outcome(undisturbed),
        });
      }
    }
  },
);
