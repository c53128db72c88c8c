import type { AdminAction } from "../actions.ts";
import type { Notes } from "../doing.ts";
import { doToDisks } from "./others.ts";
import { groupName, nthGroup, nthHost, pickNth } from "../doing.ts";
import type { GroupWire } from "../wire.ts";
import type { World } from "../world.ts";

/** What the names of volumes that an admin enters in a ledger begin with. */
const enteredByHand = "scratch-";

/** Admins cordon, add disks, use LVM by hand, and replace objects by what they once saved. */
export const doAsAdmin = (action: AdminAction, world: World, notes: Notes): void => {
  const { cluster, story } = world;
  switch (action.kind) {
    case "cordon_group":
      changeGroup(world, action.nth, ({ spec }) => ({ cordoned: spec.cordoned !== true }));
      return;
    case "cordon_node": {
      const node = pickNth(cluster.all("nodes"), action.nth);
      if (node === undefined) return;
      cluster.change("admin", "nodes", node.metadata.name, (now) => ({
        ...now,
        spec: { ...now.spec, unschedulable: now.spec.unschedulable !== true },
      }));
      return;
    }
    case "add_device": {
      const path = action.device === "clean" ? "/dev/vdc" : "/dev/vdd";
      changeGroup(world, action.nth, ({ spec }) => ({
        devices: [...(spec.devices ?? []).filter((device) => device.path !== path), { path }],
      }));
      return;
    }
    case "fill_by_hand": {
      const host = nthHost(world, action.nth);
      const group = host?.node.group(groupName);
      if (host === undefined || group === undefined || !host.isOn) return;
      const extents = Math.min(action.extents, host.node.freeExtents(group));
      if (extents < 1) return;
      story.tell("admin", () => `makes a volume of ${extents} extents by hand on ${host.name}`);
      const taken = new Set(group.volumes.map((volume) => volume.name));
      let number = 1;
      while (taken.has(`by-hand-${number}`)) number += 1;
      host.node.addVolume(group, `by-hand-${number}`, extents, []);
      world.check(() => world.invariants.changed(host));
      return;
    }
    case "empty_by_hand": {
      const host = nthHost(world, action.nth);
      const volumes = host?.node.group(groupName)?.volumes ?? [];
      const index = volumes.findIndex(({ name }) => name.startsWith("by-hand"));
      if (host === undefined || index === -1 || !host.isOn) return;
      story.tell("admin", () => `removes a volume made by hand on ${host.name}`);
      volumes.splice(index, 1);
      world.check(() => world.invariants.changed(host));
      return;
    }
    case "enter_by_hand": {
      notes.entered += 1;
      const entry = {
        name: `${enteredByHand}${notes.entered}`,
        size: `${action.extents * 4}Mi`,
        pending: true as const,
      };
      changeGroup(world, action.nth, ({ spec }) => ({ volumes: [...spec.volumes, entry] }));
      return;
    }
    case "snapshot":
    case "drop_snapshot":
    case "use_device": {
      const host = nthHost(world, action.nth);
      if (host === undefined || !host.isOn) return;
      doToDisks(action.kind, host, action.nth, story);
      world.check(() => world.invariants.changed(host));
      return;
    }
    case "condemn_by_hand":
      changeGroup(world, action.nth, ({ spec }) => ({
        volumes: spec.volumes.map((entry) =>
          entry.name.startsWith(enteredByHand) ? { ...entry, delete: true as const } : entry,
        ),
      }));
      return;
    case "save_group": {
      const object = nthGroup(world, action.nth);
      if (object !== undefined) notes.saved.set(object.metadata.name, object);
      return;
    }
    case "replace_group": {
      const saved = pickNth([...notes.saved.values()], action.nth);
      if (saved === undefined) return;
      const { name, resourceVersion } = saved.metadata;
      story.tell("admin", () => `replaces ${name} by what was saved (${action.check})`);
      cluster.change("admin", "nodelocalstorages", name, ({ metadata }) => ({
        ...saved,
        metadata: {
          ...saved.metadata,
          resourceVersion: action.check === "force" ? metadata.resourceVersion : resourceVersion,
        },
      }));
    }
  }
};

const changeGroup = (
  world: World,
  nth: number,
  change: (now: GroupWire) => Partial<GroupWire["spec"]>,
): void => {
  const name = nthGroup(world, nth)?.metadata.name;
  if (name === undefined) return;
  world.cluster.change("admin", "nodelocalstorages", name, (now) => ({
    ...now,
    spec: { ...now.spec, ...change(now) },
  }));
};
