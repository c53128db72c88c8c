import { afterAll, beforeAll, expect, test } from "vitest";
import { AgentPod } from "../src/agent-pod.ts";
import { at } from "../src/kinds.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { eventually, World } from "../src/world.ts";

const fileSystems = ["ext4", "xfs", "btrfs"] as const;
let world: World;

beforeAll(async () => {
  world = await World.enter("file-systems");
  await world.storageClass(storageClass("formatted", { nodes: { n1: ["/dev/ubdb"] } }), ["n1"]);
  for (const fsType of fileSystems) {
    await world.create({
      ...storageClass(`formatted-${fsType}`, { parameters: { volumeGroup: "formatted", fsType } }),
      mountOptions: ["noatime"],
      allowVolumeExpansion: true,
    });
  }
});

afterAll(async () => {
  await world.leave();
  for (const fsType of fileSystems) await world.delete("StorageClass", `formatted-${fsType}`);
});

const mebibytesIn = async (fsType: string): Promise<number> =>
  Number(await world.inPod("all", `df -Pm /${fsType} | tail -1 | awk '{print $2}'`));

test("ext4, xfs and btrfs are made as the class says, and grow while they are mounted and the agent is restarted", async () => {
  for (const fsType of fileSystems) {
    await world.create(claim(fsType, `formatted-${fsType}`, "320Mi"));
  }
  await world.create(podWith("all", fileSystems));
  await world.running("all");
  for (const fsType of fileSystems) {
    const mount = await world.inPod("all", `grep ' /${fsType} ' /proc/mounts`);
    expect(mount).toMatch(new RegExp(` ${fsType} \\S*noatime`));
    await world.inPod("all", `echo kept > /${fsType}/word && sync`);
    expect(await mebibytesIn(fsType)).toBeLessThan(330);
    await world.merge("PersistentVolumeClaim", fsType, {
      spec: { resources: { requests: { storage: "640Mi" } } },
    });
  }
  await new AgentPod(world, "n1").restart();
  for (const fsType of fileSystems) {
    await eventually(
      async () => {
        const object = await world.get("PersistentVolumeClaim", fsType);
        expect(object).toMatchObject({ status: { capacity: { storage: "640Mi" } } });
        expect(at(object, "status.conditions") ?? []).toEqual([]);
      },
      { timeout: 150_000 },
    );
    expect(await mebibytesIn(fsType)).toBeGreaterThan(500);
    expect(await world.inPod("all", `cat /${fsType}/word`)).toBe("kept");
  }
  await world.clear();
});

test("mkfsOptions of a class for btrfs make the file system that the kubelet then mounts", async () => {
  const name = "formatted-label";
  await world.create(
    storageClass(name, {
      parameters: { volumeGroup: "formatted", fsType: "btrfs", mkfsOptions: "-L stowed" },
    }),
  );
  await world.create(claim("labelled", name, "128Mi"));
  await world.create(podWith("labelled", ["labelled"]));
  await world.running("labelled");
  const device = `/dev/formatted/${await world.volumeOf("labelled")}`;
  expect(await world.onNode("n1", `btrfs filesystem label ${device}`)).toBe("stowed");
  expect(await world.inPod("labelled", "grep ' /labelled ' /proc/mounts")).toMatch(/ btrfs /);
  await world.clear();
  await world.delete("StorageClass", name);
});
