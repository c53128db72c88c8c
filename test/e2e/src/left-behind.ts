import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { World } from "./world.ts";
import { eventually } from "./world.ts";

/** Where a volume of a claim's is left behind. */
type Place = { readonly node: string; readonly group: string; readonly claim: string };

/**
 * Makes a logical volume with the tags of a claim's and a file in it, as it stays on disks of a lost
 * cluster, and waits until it is reported. Its name.
 */
export const leaveBehind = async (world: World, { node, group, claim }: Place): Promise<string> => {
  const uid = randomUUID();
  const volume = `pvc-${uid}`;
  const tags = [
    `stowage.dev/volume=${volume}`,
    `stowage.dev/claim-uid=${uid}`,
    `stowage.dev/claim=${world.namespace}/${claim}`,
  ];
  await world.onNode(
    node,
    [
      `lvcreate --yes --size 64M --name ${volume} ${tags.map((tag) => `--addtag ${tag}`).join(" ")} ${group}`,
      `mkfs.ext4 -q /dev/${group}/${volume}`,
      `mkdir -p /tmp/left && mount /dev/${group}/${volume} /tmp/left`,
      `echo ${claim} of another cluster > /tmp/left/word`,
      "umount /tmp/left",
    ].join(" && "),
  );
  await eventually(async () => {
    const { status } = await world.group(node, group);
    expect(status.orphans.map(({ name }) => name)).toContain(volume);
  });
  return volume;
};
