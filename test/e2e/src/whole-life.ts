import type { Node } from "@stowage/test-cluster";
import { expect } from "vitest";
import { at } from "./kinds.ts";
import { claim, podWith, storageClass } from "./manifests.ts";
import type { World } from "./world.ts";
import { eventually } from "./world.ts";

const container = "status.containerStatuses.0.containerID";

/** Ends and starts a node, and waits until the pod runs in another container than before. */
const powerCycle = async (world: World, node: Node, pod: string): Promise<void> => {
  const before = at(await world.get("Pod", pod), container);
  await node.powerCut();
  await node.boot();
  await node.ready();
  await eventually(
    async () => {
      const now = await world.get("Pod", pod);
      expect(now).toMatchObject({ status: { containerStatuses: [{ ready: true }] } });
      expect(at(now, container)).not.toBe(before);
    },
    { timeout: 180_000 },
  );
};

/**
 * The life of a volume on one disk of a node: class, group, claim, a pod that writes, a power cut,
 * the data, growth, removal. Fails at the first thing that is not as it should be.
 */
export const wholeLife = async (
  world: World,
  node: Node,
  group: string,
  device: string,
): Promise<void> => {
  const name = `data-${group}`;
  await world.storageClass(
    { ...storageClass(group, { nodes: { [node.name]: [device] } }), allowVolumeExpansion: true },
    [node.name],
  );
  await world.create(claim(name, group, "64Mi"));
  await world.create(
    podWith(name, [name], { nodeSelector: { "kubernetes.io/hostname": node.name } }),
  );
  await world.running(name);
  await world.inPod(name, `echo kept > /${name}/word && sync`);
  await powerCycle(world, node, name);
  expect(await world.inPod(name, `cat /${name}/word`)).toBe("kept");

  await world.merge("PersistentVolumeClaim", name, {
    spec: { resources: { requests: { storage: "128Mi" } } },
  });
  await world.until(
    "PersistentVolumeClaim",
    name,
    { status: { capacity: { storage: "128Mi" } } },
    { timeout: 150_000 },
  );
  const blocks = await world.inPod(name, `df -P -k /${name} | tail -n 1 | awk '{print $2}'`);
  expect(Number(blocks)).toBeGreaterThan(100 * 1024);
  expect(await world.inPod(name, `cat /${name}/word`)).toBe("kept");

  await world.delete("Pod", name);
  await world.delete("PersistentVolumeClaim", name);
  await eventually(async () => expect(await world.logicalVolumes(node.name, group)).toEqual([]));
};
