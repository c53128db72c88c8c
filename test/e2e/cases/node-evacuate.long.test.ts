import { afterAll, beforeAll, expect, test } from "vitest";
import { AgentPod } from "../src/agent-pod.ts";
import type { Plain } from "../src/kinds.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { eventually, World } from "../src/world.ts";

let world: World;
let agent: AgentPod;

const disks = ["/dev/ubdb", "/dev/ubdc"];

beforeAll(async () => {
  world = await World.enter("evacuate");
  agent = new AgentPod(world, "n1");
  await world.storageClass(storageClass("evac", { nodes: { n1: disks } }), ["n1"]);
});

afterAll(async () => {
  await throttle(100);
  await world.leave();
});

/** How much of its time the kernel may copy for pvmove, in per cent; 100 again after a boot. */
const throttle = (percent: number): Promise<string> =>
  world.onNode(
    "n1",
    `modprobe dm-mirror && echo ${percent} > /sys/module/dm_mirror/parameters/raid1_resync_throttle`,
  );

const wish = (leaving: string | undefined): Promise<unknown> =>
  world.merge("NodeLocalStorage", "n1.evac", {
    spec: {
      devices: disks.map((path) => (path === leaving ? { path, evacuate: true } : { path })),
    },
  });

const deviceIs = (path: string, status: object): Plain => ({
  status: { devices: expect.arrayContaining([expect.objectContaining({ path, ...status })]) },
});

test("a device is evacuated while a pod uses its volume, over a restart of the agent and a power cut; where there is no room that is refused with the arithmetic", async () => {
  await world.create(claim("data", "evac", "1500Mi"));
  await world.create(podWith("app", ["data"]));
  await world.running("app");
  await world.inPod(
    "app",
    "dd if=/dev/urandom of=/data/file bs=1M count=64 2>&1 && sync && sha256sum /data/file > /data/sum && sync",
  );
  const volume = await world.volumeOf("data");
  const place = `lvs --noheadings -o devices evac/${volume}`;
  const [from, to] = (await world.onNode("n1", place)).includes("ubdb")
    ? disks
    : disks.toReversed();
  if (from === undefined || to === undefined) throw new Error("the group has two disks");

  await world.onNode("n1", `lvcreate --yes --size 3G --name in-the-way evac ${to}`);
  await wish(from);
  await world.until(
    "NodeLocalStorage",
    "n1.evac",
    deviceIs(from, {
      state: "InUse",
      reason: "NoSpace",
      message: expect.stringMatching(/1\.4\d GiB of volumes need room, 1016 MiB free on the other/),
    }),
  );
  await world.onNode("n1", "lvremove --yes evac/in-the-way");
  await wish(undefined);

  await throttle(1);
  await wish(from);
  await world.until(
    "NodeLocalStorage",
    "n1.evac",
    deviceIs(from, {
      state: "Evacuating",
      message: expect.stringMatching(/^\d+ % of its extents are moved$/),
    }),
  );
  expect(await world.inPod("app", "sha256sum -c /data/sum")).toMatch(/OK/);

  await agent.restart();
  await agent.becomes("ready");
  await world.until("NodeLocalStorage", "n1.evac", deviceIs(from, { state: "Evacuating" }));
  expect(await world.onNode("n1", "lvs --all --noheadings -o lv_name evac")).toMatch(/pvmove/);

  const node = world.cluster.node("n1");
  await node.powerCut();
  await node.boot();
  await world.until("NodeLocalStorage", "n1.evac", deviceIs(from, { state: "Evacuated" }), {
    timeout: 200_000,
  });
  await eventually(
    async () => expect(await world.inPod("app", "sha256sum -c /data/sum")).toMatch(/OK/),
    { timeout: 120_000 },
  );
  expect(await world.onNode("n1", place)).toContain(to);
  expect(await world.onNode("n1", "pvs --noheadings -o pv_name")).toBe(to);
  expect(await world.onNode("n1", `wipefs --no-act ${from}`)).toBe("");
  await world.groupReady("n1", "evac");
});
