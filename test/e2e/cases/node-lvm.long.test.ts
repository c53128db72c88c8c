import { afterAll, beforeAll, expect, test } from "vitest";
import { AgentPod } from "../src/agent-pod.ts";
import { documented } from "../src/docs/documented.ts";
import type { Plain } from "../src/kinds.ts";
import { at, kinds } from "../src/kinds.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { Shell } from "../src/shell.ts";
import { eventually, World } from "../src/world.ts";

let world: World;
let agent: AgentPod;
/** The agent of n3, whose group nobody uses, and what it had run when the file began. */
let idle: AgentPod;
let idleSince: { readonly at: number; readonly commands: number };

const onN1 = { nodeSelector: { "kubernetes.io/hostname": "n1" } };

beforeAll(async () => {
  world = await World.enter("node-lvm");
  agent = new AgentPod(world, "n1");
  idle = new AgentPod(world, "n3");
  await world.storageClass(
    storageClass("lvm", { nodes: { n1: ["/dev/ubdb"], n3: ["/dev/ubdb"] } }),
    ["n1", "n3"],
  );
  idleSince = { at: Date.now(), commands: await idle.lvmCommands() };
});

afterAll(async () => {
  await setQuotaMonitoring("off");
  await bury(names);
  await world.leave();
});

const kubeletFile = "/run/stowage/node/kubelet.yaml";
const gate = "featureGates: { LocalStorageCapacityIsolationFSQuotaMonitoring: true }";

/** For the kubelet's next start. */
const setQuotaMonitoring = async (state: "on" | "off"): Promise<void> => {
  await world.onNode(
    "n1",
    `sed -i '/^featureGates/d' ${kubeletFile}${state === "on" ? ` && echo '${gate}' >> ${kubeletFile}` : ""}`,
  );
};

const names = Array.from({ length: 25 }, (_, index) => `parallel-${index}`);
const byHand = names.map((name) => `hand-${name}`);

const bothSides = async (): Promise<void> => {
  const found = await world.logicalVolumes("n1", "lvm");
  expect(found).toEqual(expect.arrayContaining([...names, ...byHand]));
  const { volumes } = (await world.group("n1", "lvm")).status;
  expect(volumes.filter(({ state }) => state === "Ready").map(({ name }) => name)).toEqual(
    expect.arrayContaining(names),
  );
};

/** Makes `byHand` with the host's LVM, all at once. */
const makeByHand = (hand: readonly string[]): Promise<string> =>
  world.onNode(
    "n1",
    `for name in ${hand.join(" ")}; do lvcreate --yes --extents 1 --name $name lvm >/dev/null & done; wait`,
  );

const removeByHand = (): Promise<string> =>
  world.onNode("n1", "lvremove --yes --select 'lv_name=~^hand-' lvm");

/** Puts tombstones on those of the entries that are there. */
const bury = async (buried: readonly string[]): Promise<void> => {
  const { spec } = await world.group("n1", "lvm");
  const operations = spec.volumes.flatMap((volume, index) =>
    buried.includes(volume.name) && volume.delete !== true
      ? [{ op: "add" as const, path: `/spec/volumes/${index}/delete`, value: true }]
      : [],
  );
  if (operations.length === 0) return;
  await world.client.patch(
    kinds.NodeLocalStorage,
    { name: "n1.lvm" },
    { kind: "json", operations },
  );
};

const setVolumes = (volumes: readonly object[]): Promise<unknown> =>
  world.client.patch(
    kinds.NodeLocalStorage,
    { name: "n1.lvm" },
    { kind: "merge", body: { spec: { volumes } } },
  );

const entries = names.map((name) => ({ name, size: "4Mi", pending: true, wipe: "none" }));

test("50 volumes made at once by the agent and by hand on the host are all there, for both", async () => {
  await Promise.all([setVolumes(entries), makeByHand(byHand)]);
  await eventually(bothSides, { timeout: 240_000 });
  expect(await world.onNode("n1", "vgck lvm")).toBe("");
});

test("after a power cut the group is activated unaided, and the pod has its data, also with the kubelet's quota monitoring", async () => {
  await world.create(claim("data", "lvm", "64Mi"));
  await world.create(podWith("app", ["data"], onN1));
  await world.running("app");
  await world.inPod("app", "echo kept > /data/word && sync");
  await setQuotaMonitoring("on");
  const container = "status.containerStatuses.0.containerID";
  const before = at(await world.get("Pod", "app"), container);
  const node = world.cluster.node("n1");
  await node.powerCut();
  await node.boot();
  await node.ready();
  await eventually(
    async () => {
      const pod = await world.get("Pod", "app");
      expect(pod).toMatchObject({ status: { containerStatuses: [{ ready: true }] } });
      expect(at(pod, container)).not.toBe(before);
    },
    { timeout: 150_000 },
  );
  expect(await world.inPod("app", "cat /data/word")).toBe("kept");
  const volume = await world.volumeOf("data");
  expect(await world.inPod("app", "grep ' /data ' /proc/mounts")).toMatch(/ext4/);
  expect(
    await world.onNode("n1", `lvs --noheadings -o lv_active,device_open lvm/${volume}`),
  ).toMatch(/active +open/);
});

test("both sides agree after the reboot too", async () => {
  await eventually(bothSides);
  expect(await world.onNode("n1", "vgck lvm")).toBe("");
  await removeByHand();
});

const archived = (group: string): Promise<string> =>
  world.onNode("n1", `ls /etc/lvm/archive | grep -c '^${group}_' || true`);

test("25 removals leave no more than 20 archive files, and deletes pass", async () => {
  await bury(names);
  await eventually(async () => {
    const left = await world.logicalVolumes("n1", "lvm");
    expect(left.filter((name) => names.includes(name))).toEqual([]);
  });
  expect(Number(await archived("lvm"))).toBeGreaterThan(0);
  expect(Number(await archived("lvm"))).toBeLessThanOrEqual(21);
  await world.clear();
});

const readyIs = (status: "True" | "False", reason: string): Plain => ({
  status: {
    conditions: expect.arrayContaining([
      expect.objectContaining({ type: "Ready", status, reason }),
    ]),
  },
});

/** Until LVM could write down a dozen more volumes only. */
const fillMetadata = `set -e
room() { vgs --noheadings --nosuffix --units k -o vg_mda_free tiny | cut -d. -f1; }
long=$(printf '%0900d' 0)
step=0
while [ $(room) -ge 16 ]; do
  step=$((step + 1))
  vgchange $(for part in 1 2 3 4 5; do echo --addtag full-$step-$part-$long; done) tiny >/dev/null
done`;

const emptyMetadata =
  "vgchange $(vgs --noheadings -o vg_tags tiny | tr ', ' '\\n\\n' | grep ^full- | sed 's/^/--deltag /') tiny >/dev/null";

test("a nearly full metadata area refuses claims with the reason, while deletes pass", async () => {
  await world.onNode(
    "n1",
    "pvcreate --metadatasize 128k --dataalignment 64k /dev/ubdc && vgcreate tiny /dev/ubdc",
  );
  await world.storageClass(storageClass("tiny", { nodes: { n1: ["/dev/ubdc"] } }), ["n1"]);
  await world.create(claim("early", "tiny", "4Mi"));
  await world.create(podWith("early", ["early"]));
  await world.running("early");
  await world.onNode("n1", fillMetadata);
  await world.until("NodeLocalStorage", "n1.tiny", readyIs("False", "MetadataFull"));
  await world.create(claim("late", "tiny", "4Mi"));
  await world.create(podWith("late", ["late"]));
  await eventually(async () => {
    expect(await world.messages("Pod", "late")).toContainEqual(
      expect.stringMatching(/the metadata area of tiny is full \(.* left\); remove volumes/),
    );
  });
  await world.delete("Pod", "early");
  await world.delete("PersistentVolumeClaim", "early");
  await eventually(async () => expect(await world.logicalVolumes("n1", "tiny")).toEqual([]));
  await world.onNode("n1", emptyMetadata);
  await world.running("late");
  await world.clear();
});

test("on a host whose devices file does not list the group's disks, volumes are made and removed all the same", async () => {
  const file = "/etc/lvm/devices/system.devices";
  await world.onNode(
    "n1",
    `mkdir -p /etc/lvm/devices && echo 'VERSION=1.1.1' > ${file} && sed -i 's/use_devicesfile=0/use_devicesfile=1/' /etc/lvm/lvm.conf`,
  );
  try {
    expect(await world.onNode("n1", "vgs --noheadings -o vg_name 2>/dev/null")).toBe("");
    await world.create(claim("listed", "lvm", "64Mi"));
    await world.create(podWith("listed", ["listed"], onN1));
    await world.running("listed");
    await world.clear();
  } finally {
    await world.onNode(
      "n1",
      `rm ${file} && sed -i 's/use_devicesfile=1/use_devicesfile=0/' /etc/lvm/lvm.conf`,
    );
  }
  expect(await world.logicalVolumes("n1", "lvm")).toEqual([]);
});

test("a node on which nothing happens runs fewer than five LVM commands a minute", async () => {
  await idle.looks(1);
  const minutes = (Date.now() - idleSince.at) / 60_000;
  const commands = (await idle.lvmCommands()) - idleSince.commands;
  expect(minutes).toBeGreaterThan(0.3);
  expect(commands).toBeGreaterThan(0);
  expect(commands / minutes).toBeLessThan(5);
});

const ofAgents = (...argv: readonly string[]): Promise<string> =>
  world.cluster.kubectl(["-n", "stowage-system", ...argv]);

const updateAgents = (strategy: string): Promise<string> =>
  ofAgents("patch", "daemonset/stowage-agent", "-p", `{"spec":{"updateStrategy":${strategy}}}`);

/** Gives n1's agent alone the template of deploy/image-mode, or takes it away. */
const imageMode = async (state: "on" | "off"): Promise<void> => {
  if (state === "on") {
    await updateAgents('{"type":"OnDelete","rollingUpdate":null}');
    const shell = await Shell.open(world.cluster);
    try {
      await shell.run(
        documented("install.md", "Hosts without LVM", "kubectl -n stowage-system patch daemonset"),
      );
    } finally {
      await shell.close();
    }
    await agent.restart();
  } else {
    await ofAgents("rollout", "undo", "daemonset/stowage-agent");
    await agent.restart();
    await updateAgents('{"type":"RollingUpdate","rollingUpdate":{"maxUnavailable":"10%"}}');
  }
  await agent.becomes("ready");
};

test("the host and an agent with the LVM of its own image (LVM_MODE=image) agree too", async () => {
  await world.cluster.loadStowageLvmImage(world.cluster.node("n1"));
  const made = names.slice(0, 10);
  const hand = byHand.slice(0, 10);
  await imageMode("on");
  try {
    await Promise.all([
      setVolumes(entries.filter(({ name }) => made.includes(name))),
      makeByHand(hand),
    ]);
    await eventually(async () => {
      expect(await world.logicalVolumes("n1", "lvm")).toHaveLength(20);
      expect((await world.group("n1", "lvm")).status.volumeCount).toBe(10);
    });
    const inImage = await world.cluster.kubectl([
      ..."-n stowage-system exec".split(" "),
      await agent.name(),
      ..."-- lvm lvs --noheadings -o lv_name lvm".split(" "),
    ]);
    expect(inImage.trim().split(/\s+/)).toEqual(await world.logicalVolumes("n1", "lvm"));

    await world.create(claim("own", "lvm", "64Mi"));
    await world.create(podWith("own", ["own"], onN1));
    await world.running("own");
    await removeByHand();
    await bury(made);
    await world.clear();
    expect(await world.logicalVolumes("n1", "lvm")).toEqual([]);
  } finally {
    await imageMode("off");
  }
});
