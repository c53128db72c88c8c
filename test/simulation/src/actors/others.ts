import { groupName, pickNth } from "../doing.ts";
import type { Host } from "../host.ts";
import type { Story } from "../story.ts";

/** What an admin does to a node's disks beside Stowage, at any moment. */
export const doToDisks = (
  kind: "snapshot" | "drop_snapshot" | "use_device",
  host: Host,
  nth: number,
  story: Story,
): void => {
  const { node } = host;
  const group = node.group(groupName);
  if (kind === "use_device") {
    // What is held exclusively: who opens it plainly right after the last look for users is not seen.
    const device = node.devices.find(({ path }) => path === "/dev/vdc");
    if (device === undefined || device.signatures.length > 0) return;
    story.tell("admin", () => `makes a file system on ${device.path} of ${host.name}`);
    device.signatures.push("xfs");
    device.mountPoint = "/srv";
    for (const place of node.placesOn(device)) node.ground.own(place, "admin");
    return;
  }
  if (group === undefined) return;
  if (kind === "drop_snapshot") {
    const snapshot = pickNth([...host.snapshots], nth);
    if (snapshot !== undefined) dropSnapshot(host, snapshot, story);
    return;
  }
  // Of what is in use for good: what becomes of one that is wiped already is nobody's concern.
  const origins = group.volumes.filter(({ name, wiped }) => host.contents.has(name) && wiped === 0);
  const origin = pickNth(origins, nth);
  if (origin === undefined || node.roomOn(node.allocatable(group)) < 1) return;
  host.madeSnapshots += 1;
  const snapshot = node.addVolume(group, `nightly-${host.madeSnapshots}`, 1, []);
  snapshot.origin = origin.name;
  host.snapshots.add(snapshot);
  for (const place of snapshot.places) node.ground.own(place, "admin");
  story.tell("admin", () => `makes a snapshot of ${origin.name} on ${host.name}`);
};

/** In the end the admin needs none of them any more, and what waited for that goes on. */
export const dropSnapshots = (host: Host, story: Story): void => {
  for (const snapshot of host.snapshots) dropSnapshot(host, snapshot, story);
};

const dropSnapshot = (
  { node, name, snapshots }: Host,
  snapshot: Host["snapshots"] extends Set<infer T> ? T : never,
  story: Story,
): void => {
  const volumes = node.group(groupName)?.volumes ?? [];
  const index = volumes.indexOf(snapshot);
  if (index !== -1) volumes.splice(index, 1);
  snapshots.delete(snapshot);
  for (const place of snapshot.places) node.ground.letGo(place);
  story.tell("admin", () => `removes ${snapshot.name} on ${name}`);
};
