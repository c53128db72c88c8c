import { isKubeError } from "@stowage/kube";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Plain } from "../src/kinds.ts";
import { at } from "../src/kinds.ts";
import { claim, podWith, podWithDevice, storageClass } from "../src/manifests.ts";
import { eventually, World } from "../src/world.ts";

let world: World;

beforeAll(async () => {
  world = await World.enter("expand");
  await world.storageClass(
    { ...storageClass("grow", { nodes: { n1: ["/dev/ubdb"] } }), allowVolumeExpansion: true },
    ["n1"],
  );
  await world.create(claim("online", "grow", "203Mi"));
  await world.create(claim("offline", "grow", "64Mi"));
  await world.create(claim("raw", "grow", "64Mi", { volumeMode: "Block" }));
  await world.create(claim("greedy", "grow", "64Mi"));
  await world.create(podWith("online", ["online"]));
  await world.create(podWith("offline", ["offline"]));
  await world.create(podWithDevice("raw", "raw"));
  await world.create(podWith("greedy", ["greedy"]));
  for (const pod of ["online", "offline", "raw", "greedy"]) await world.running(pod);
});

afterAll(() => world.leave());

const ask = (name: string, size: string): Promise<Plain> =>
  world.merge("PersistentVolumeClaim", name, {
    spec: { resources: { requests: { storage: size } } },
  });

const volumeOf = async (name: string): Promise<string> =>
  String(at(await world.get("PersistentVolumeClaim", name), "spec.volumeName"));

/** In bytes, as LVM itself tells it. */
const onDisk = async (name: string): Promise<string> =>
  world.onNode(
    "n1",
    `lvs --noheadings --units b --nosuffix -o lv_size grow/${await volumeOf(name)}`,
  );

const mebibytes = (count: number): string => `${count * 1024 ** 2}`;

/** The claim has what it asked for, its volume whole extents, and nothing is under way. */
const grown = async (name: string, capacity: string, real = capacity): Promise<void> => {
  await eventually(
    async () => {
      const object = await world.get("PersistentVolumeClaim", name);
      expect(object).toMatchObject({ status: { capacity: { storage: capacity } } });
      expect(at(object, "status.allocatedResourceStatuses.storage")).toBeUndefined();
      expect(at(object, "status.conditions") ?? []).toEqual([]);
    },
    { timeout: 150_000 },
  );
  await eventually(async () => {
    const volume = await world.get("PersistentVolume", await volumeOf(name));
    expect(volume).toMatchObject({ spec: { capacity: { storage: real } } });
    expect(at(volume, "metadata.annotations")).not.toHaveProperty([
      "volume.alpha.kubernetes.io/pre-resize-capacity",
    ]);
  });
};

const kibibytesIn = async (pod: string): Promise<number> =>
  Number(await world.inPod(pod, `df -Pk /${pod} | tail -1 | awk '{print $2}'`));

test("without room there is one event with the bytes, and a lower request is taken up", async () => {
  await ask("greedy", "100Gi");
  await world.until("PersistentVolumeClaim", "greedy", {
    status: { allocatedResourceStatuses: { storage: "ControllerResizeInfeasible" } },
  });
  await eventually(async () => {
    const events = (await world.list("Event")).filter(
      (event) =>
        event["reason"] === "VolumeResizeFailed" && at(event, "involvedObject.name") === "greedy",
    );
    expect(events).toMatchObject([
      {
        count: 1,
        message: expect.stringMatching(
          /cannot grow from 64 MiB to 100 GiB on node n1: needs 100 GiB in grow, .* GiB free of 3.99 GiB/,
        ),
      },
    ]);
  });
  expect(await onDisk("greedy")).toBe(mebibytes(64));
  await ask("greedy", "96Mi");
  await eventually(async () => expect(await onDisk("greedy")).toBe(mebibytes(96)));
});

test("203 MiB have become 204 already, and a byte more is an extent more", async () => {
  await world.inPod("online", "echo kept > /online/word && sync");
  await world.until("PersistentVolumeClaim", "online", {
    status: { capacity: { storage: "204Mi" } },
  });
  await ask("online", `${204 * 1024 ** 2 + 1}`);
  await eventually(async () => expect(await onDisk("online")).toBe(mebibytes(208)));
});

test("a claim without a pod grows when a pod mounts it again", async () => {
  await world.inPod("offline", "echo kept > /offline/word && sync");
  await world.delete("Pod", "offline");
  await ask("offline", "512Mi");
  await world.until("PersistentVolumeClaim", "offline", {
    status: {
      capacity: { storage: "64Mi" },
      allocatedResources: { storage: "512Mi" },
      allocatedResourceStatuses: { storage: "NodeResizePending" },
      conditions: [expect.objectContaining({ type: "FileSystemResizePending", status: "True" })],
    },
  });
  expect(await onDisk("offline")).toBe(mebibytes(512));
  await world.create(podWith("offline", ["offline"]));
  await world.running("offline");
  await grown("offline", "512Mi");
  expect(await kibibytesIn("offline")).toBeGreaterThan(450 * 1024);
  expect(await world.inPod("offline", "cat /offline/word")).toBe("kept");
});

test("a Block claim grows under its pod, and is finished without the kubelet", async () => {
  await world.inPod("raw", "echo kept | dd of=/dev/volume conv=fsync 2>/dev/null");
  await ask("raw", "128Mi");
  await grown("raw", "128Mi");
  expect(await onDisk("raw")).toBe(mebibytes(128));
  expect(await world.inPod("raw", "blockdev --getsize64 /dev/volume")).toBe(mebibytes(128));
  expect(await world.inPod("raw", "head -c 4 /dev/volume")).toBe("kept");
});

test("file systems that are mounted have grown within the kubelet's sync period", async () => {
  await grown("greedy", "96Mi");
  await grown("online", `${204 * 1024 ** 2 + 1}`, "208Mi");
  expect(await kibibytesIn("online")).toBeGreaterThan(185 * 1024);
  expect(await world.inPod("online", "cat /online/word")).toBe("kept");
});

test("a class without allowVolumeExpansion is held to that by the API server itself", async () => {
  await world.merge("StorageClass", "grow", { allowVolumeExpansion: false });
  await expect(ask("raw", "256Mi")).rejects.toSatisfy((error) => isKubeError(error, "forbidden"));
});
