import { afterAll, beforeAll, expect, test } from "vitest";
import { AgentPod } from "../src/agent-pod.ts";
import { at } from "../src/kinds.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { Slot } from "../src/slot.ts";
import { eventually, World } from "../src/world.ts";

let world: World;
let agent: AgentPod;
let slot: Slot;
let added: Slot;

const mebibyte = 1024 ** 2;

beforeAll(async () => {
  world = await World.enter("node-report");
  agent = new AgentPod(world, "n1");
  slot = await Slot.make(world, "n1", "report", { disk: "/dev/ubdb", offsetMiB: 1, sizeMiB: 512 });
  added = await Slot.make(world, "n1", "added", { disk: "/dev/ubdc", offsetMiB: 1, sizeMiB: 512 });
  await world.storageClass(
    storageClass("report", { nodes: { n1: [slot.path], n2: ["/dev/ubdb"] } }),
    ["n1", "n2"],
  );
});

afterAll(async () => {
  await world.onNode("n1", "umount /usr/sbin/lvm 2>/dev/null || true");
  await world.delete("StorageClass", "report-kept");
  try {
    await world.leave();
  } finally {
    await slot.remove();
    await added.remove();
  }
});

/** Free room as LVM itself tells it. */
const vgFree = async (): Promise<number> =>
  Number(
    await world.onNode("n1", "vgs --noheadings --nosuffix --units b -o vg_free report 2>/dev/null"),
  );

const freeFollows = async (): Promise<number> =>
  eventually(async () => {
    const { free } = (await world.group("n1", "report")).status;
    expect(free).toBe(await vgFree());
    return Number(free);
  });

test("free follows what an admin does by hand, whose volumes are not touched, and an idle node writes nothing", async () => {
  const before = await freeFollows();
  await world.onNode("n1", "lvcreate --yes --size 64M --name mine report");
  await world.onNode("n1", "yes mine | head -c 67108864 > /dev/report/mine; sync");
  const sum = await world.onNode("n1", "sha256sum < /dev/report/mine");
  expect(await freeFollows()).toBe(before - 64 * mebibyte);

  // One disk grows, which the agent passes on to LVM, and the admin adds another one.
  await slot.grow(1024);
  await world.onNode("n1", `vgextend report ${added.path}`);
  await eventually(async () => {
    const { devices, capacity } = (await world.group("n1", "report")).status;
    expect(devices).toMatchObject([
      { path: slot.path, state: "InUse" },
      { path: added.path, state: "Removed", reason: "NotInSpec" },
    ]);
    expect(capacity).toBeGreaterThan(1500 * mebibyte);
  });
  await freeFollows();

  // The other way round: the admin passes it on himself, and takes his disk away again.
  await slot.grow(1536);
  await world.onNode("n1", `pvresize ${slot.path} && vgreduce report ${added.path}`);
  await eventually(async () => {
    expect(await freeFollows()).toBe(before + (1024 - 64) * mebibyte);
  });

  expect(await world.onNode("n1", "sha256sum < /dev/report/mine")).toBe(sum);
  const settled = at(await world.get("NodeLocalStorage", "n1.report"), "metadata.resourceVersion");
  await agent.looks(2);
  expect(at(await world.get("NodeLocalStorage", "n1.report"), "metadata.resourceVersion")).toBe(
    settled,
  );
  await world.onNode("n1", "lvremove --yes report/mine");
});

test("an agent that starts and cannot look leaves the old report standing, and is not ready", async () => {
  await world.create(claim("data", "report", "64Mi"));
  await world.create(
    podWith("user", ["data"], { nodeSelector: { "kubernetes.io/hostname": "n1" } }),
  );
  await world.running("user");
  await world.until("NodeLocalStorage", "n1.report", { status: { volumeCount: 1 } });
  await freeFollows();
  const before = await world.seenOn("n1", "report");
  await world.onNode("n1", "mount --bind /bin/false /usr/sbin/lvm");
  try {
    await agent.restart();
    await world.until("NodeLocalStorage", "n1.report", {
      status: {
        conditions: expect.arrayContaining([
          expect.objectContaining({ type: "Ready", status: "False", reason: "ScanFailed" }),
        ]),
      },
    });
    expect(await world.seenOn("n1", "report")).toEqual(before);
    expect(await agent.readiness()).toBe("not ready");
    expect(await world.inPod("user", "echo written > /data/word && cat /data/word")).toBe(
      "written",
    );
  } finally {
    await world.onNode("n1", "umount /usr/sbin/lvm");
  }
  await world.groupReady("n1", "report");
  await agent.becomes("ready");
  expect(await world.seenOn("n1", "report")).toEqual(before);
  await world.clear();
});

test("a volume without an owner is listed with its size and past owner, stays, and goes by one documented act", async () => {
  await world.create(
    storageClass("report-kept", { parameters: { volumeGroup: "report" }, reclaimPolicy: "Retain" }),
  );
  await world.create(claim("kept", "report-kept", "64Mi"));
  await world.create(
    podWith("kept", ["kept"], { nodeSelector: { "kubernetes.io/hostname": "n1" } }),
  );
  await world.running("kept");
  const volume = await world.volumeOf("kept");
  await world.delete("Pod", "kept");
  await world.delete("PersistentVolumeClaim", "kept");
  await world.delete("PersistentVolume", volume);
  const orphaned = {
    status: {
      orphans: [
        { name: volume, size: "64Mi", claim: { namespace: world.namespace, name: "kept" } },
      ],
    },
  };
  await world.until("NodeLocalStorage", "n1.report", orphaned);
  await agent.looks(2);
  expect(await world.get("NodeLocalStorage", "n1.report")).toMatchObject(orphaned);
  expect(await world.logicalVolumes("n1", "report")).toEqual([volume]);

  const act = [
    { op: "add", path: "/spec/volumes/-", value: { name: volume, size: "1", delete: true } },
  ];
  await world.cluster.kubectl(
    ["patch", "nls", "n1.report", "--type", "json", "-p"].concat(JSON.stringify(act)),
  );
  await world.until("NodeLocalStorage", "n1.report", {
    spec: { volumes: [] },
    status: { orphans: [], volumes: [] },
  });
  expect(await world.logicalVolumes("n1", "report")).toEqual([]);
});
