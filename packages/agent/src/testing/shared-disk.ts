import type { FakeDevice, FakeDisks } from "./fake-disks.ts";

/** What is on a disk, and not of a host that sees it. */
const onDisk = ["size", "knownSize", "signatures", "tags", "group", "allocation"] as const;

/**
 * Lets another host see a disk too, as a shared LUN: what one of them writes is what the other one
 * reads at once. What only a host knows (mounts, openers, paths) stays its own, but for what is
 * active of a group: it is active on both, as udev's rules do by themselves.
 */
export const shareDisk = (
  device: FakeDevice,
  { ground, groups }: FakeDisks,
  other: FakeDisks,
  path: string,
): FakeDevice => {
  if (ground !== other.ground) throw new Error("the hosts share no ground");
  const { uuid, serial } = device;
  const view = other.addDevice(path, 0, { uuid, ...(serial === undefined ? {} : { serial }) });
  const hosts = [groups, other.groups];
  let { group } = device;
  const known = (wanted: string | undefined): void => {
    const shared = hosts.flat().find((one) => one.uuid === wanted);
    if (shared === undefined) return;
    for (const one of hosts) if (!one.includes(shared)) one.push(shared);
  };
  known(group);
  Object.defineProperty(device, "group", {
    enumerable: true,
    configurable: true,
    get: () => group,
    set: (wanted: string | undefined) => {
      group = wanted;
      known(wanted);
    },
  });
  for (const key of onDisk) {
    Object.defineProperty(view, key, {
      enumerable: true,
      get: () => device[key],
      set: (value: never) => {
        Object.assign(device, { [key]: value });
      },
    });
  }
  return view;
};
