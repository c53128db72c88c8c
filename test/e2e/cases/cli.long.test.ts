import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AgentPod } from "../src/agent-pod.ts";
import type { Plain } from "../src/kinds.ts";
import { at } from "../src/kinds.ts";
import { documented } from "../src/docs/documented.ts";
import { leaveBehind } from "../src/left-behind.ts";
import { claim, onlyNodes, podWith, storageClass } from "../src/manifests.ts";
import { Plugin } from "../src/plugin.ts";
import { Shell, withNames } from "../src/shell.ts";
import { eventually, World } from "../src/world.ts";

let world: World;
let plugin: Plugin;
let shell: Shell;

beforeAll(async () => {
  world = await World.enter("cli");
  plugin = await Plugin.install(world.cluster);
  shell = await Shell.open(world.cluster, world.namespace);
  await shell.addPlugin();
  await world.storageClass(
    storageClass("cli", { nodes: { n1: ["/dev/ubdb", "/dev/ubdc"], n2: ["/dev/ubdb"] } }),
    ["n1", "n2"],
  );
});

afterAll(async () => {
  await shell.close();
  await plugin.remove();
  await world.leave();
});

/** The rows of a view's list that match. */
const rowsOf = async (words: string, list: string, match: Plain): Promise<Plain[]> =>
  (at(await plugin.view(words), list) as Plain[]).filter((row) =>
    Object.entries(match).every(([key, value]) => row[key] === value),
  );

/** What a lost cluster left on n1's disks for a claim of this name. */
const leftBehind = (name: string): Promise<string> =>
  leaveBehind(world, { node: "n1", group: "cli", claim: name });

test("status shows the programs and the groups, as a plugin of kubectl's", async () => {
  const { stdout, exitCode } = await plugin.run("status");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^agent +3\/3 +dev$/m);
  expect(stdout).toMatch(/^n1 +cli +True +2\/2 +0 +7\.98 GiB .* 0% +\[\.{20}\]$/m);
  expect(stdout).toMatch(/^n2 +cli +True +1\/1 /m);
});

test("volumes shows a claim with its pod, and how full it is once the kubelet has looked", async () => {
  await world.create(claim("data", "cli", "256Mi"));
  await world.create(podWith("app", ["data"], onlyNodes("n1")));
  await world.running("app");
  await world.inPod("app", "head -c 20000000 /dev/zero > /data/file && sync");
  const match = { claim: "data", state: "Ready", node: "n1", group: "cli" };
  await eventually(
    async () => {
      const [row] = await rowsOf(`volumes -n ${world.namespace}`, "volumes", match);
      expect(row).toMatchObject({ pods: ["app"], size: 256 * 1024 ** 2 });
      expect(row?.["used"]).toBeGreaterThan(20_000_000);
    },
    { timeout: 150_000, interval: 3000 },
  );
  const { stdout } = await plugin.run("volumes -A");
  expect(stdout).toMatch(new RegExp(`^${world.namespace} +data +app +n1 +cli +256 MiB +\\d+`, "m"));
});

test("explain pod uses the words of the pod's event, and completion knows the pod", async () => {
  await world.create(claim("huge", "cli", "100Gi"));
  await world.create(podWith("waits", ["huge"]));
  await eventually(async () => {
    expect((await world.messages("Pod", "waits")).join("\n")).toContain("needs 100 GiB in cli");
  });
  const view = await plugin.view(`explain pod waits -n ${world.namespace}`);
  const [message = ""] = (await world.messages("Pod", "waits")).slice(-1);
  const reasons = (at(view, "nodes") as Plain[]).map(({ reason }) => String(reason));
  expect(reasons).toHaveLength(3);
  for (const reason of reasons) expect(message).toContain(reason);

  const { stdout, exitCode } = await plugin.run(`explain pod waits -n ${world.namespace}`);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`Pod ${world.namespace}/waits fits on none of 3 nodes`);
  expect(stdout).toMatch(/^n3 +no +cli +<none> .* no volume group cli$/m);

  const words = ["__complete", "stowage", "explain", "pod", "-n", world.namespace, "w"];
  expect((await plugin.kubectl(...words)).stdout).toMatch(/^waits/);
  expect(await plugin.run(`explain pod wait -n ${world.namespace}`)).toMatchObject({
    exitCode: 5,
    stderr: expect.stringContaining("did you mean waits?"),
  });
  await world.delete("Pod", "waits");
  await world.delete("PersistentVolumeClaim", "huge");
});

test("adopt makes a PersistentVolume of a logical volume by its tags, with its data, and it goes in order when its claim does", async () => {
  const volume = await leftBehind("kept");
  const call = await plugin.run(`orphans adopt n1 cli ${volume} --yes`);
  expect(call).toMatchObject({ exitCode: 0, stderr: expect.stringContaining("kept") });
  await world.until("PersistentVolume", volume, { status: { phase: "Available" } });

  // As operations.md has it: a pod that is created with its claim may be sent to another node.
  await world.create(claim("kept", "cli", "64Mi"));
  await world.until("PersistentVolumeClaim", "kept", { status: { phase: "Bound" } });
  await world.create(podWith("reader", ["kept"]));
  await world.running("reader");
  expect(await world.volumeOf("kept")).toBe(volume);
  expect(await world.inPod("reader", "cat /kept/word")).toBe("kept of another cluster");
  expect(await rowsOf("orphans", "orphans", { volume })).toEqual([]);

  await world.delete("Pod", "reader");
  await world.delete("PersistentVolumeClaim", "kept");
  await eventually(async () => {
    expect(await world.get("PersistentVolume", volume)).toBeUndefined();
    expect(await world.logicalVolumes("n1", "cli")).not.toContain(volume);
    expect(JSON.stringify(await world.get("NodeLocalStorage", "n1.cli"))).not.toContain(volume);
  });
});

test("collect has an orphan removed, and leaves what Stowage did not make", async () => {
  await world.onNode("n1", "lvcreate --yes --size 16M --name foreign cli");
  const volume = await leftBehind("unwanted");
  expect(await plugin.run("orphans collect n1 cli foreign --yes")).toMatchObject({ exitCode: 5 });
  expect(await plugin.run(`orphans collect n1 cli ${volume}`)).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining("--yes"),
  });
  const done = await plugin.run(`orphans collect n1 cli ${volume} --wipe none --yes`);
  expect(done.exitCode).toBe(0);
  await eventually(async () => {
    const left = await world.logicalVolumes("n1", "cli");
    expect(left).not.toContain(volume);
    expect(left).toContain("foreign");
    expect(JSON.stringify(await world.get("NodeLocalStorage", "n1.cli"))).not.toContain(volume);
  });
  await world.onNode("n1", "lvremove --yes cli/foreign");
});

test("evacuate prints the refusal with its arithmetic, and follows to the end where there is room", async () => {
  const volume = await world.volumeOf("data");
  const place = await world.onNode("n1", `lvs --noheadings -o devices cli/${volume}`);
  const [from, to] = place.includes("ubdb") ? ["ubdb", "ubdc"] : ["ubdc", "ubdb"];
  await world.onNode("n1", `lvcreate --yes --extents 100%PVS --name in-the-way cli /dev/${to}`);
  const evacuate = documented("operations.md", "Replacing a disk", "kubectl stowage evacuate");
  const here = withNames(evacuate, { "fast /dev/disk/by-id/nvme-A3": `cli /dev/${from} --yes` });
  const refused = await shell.try(here);
  expect(refused).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(
      /is not evacuated: NoSpace: .*256 MiB of volumes need room, 0 B free on the other devices of cli/,
    ),
  });
  const cancel = documented(
    "kubectl-stowage.md",
    "evacuate",
    "kubectl stowage evacuate n1 fast nvme2n1 --cancel",
  );
  await shell.run(cancel, { "fast nvme2n1": `cli ${from}` });

  await world.onNode("n1", "lvremove --yes cli/in-the-way");
  expect(await shell.run(here)).toContain("Evacuated");
  expect(await world.onNode("n1", `lvs --noheadings -o devices cli/${volume}`)).toContain(to);
  const [row] = await rowsOf("devices n1", "devices", { device: `/dev/${from}` });
  expect(row).toMatchObject({ state: "Evacuated", remedy: "Take it out of spec.devices." });
});

const findings = async (): Promise<Plain[]> =>
  (at(await plugin.view("doctor"), "checks") as Plain[]).flatMap(
    (check) => check["findings"] as Plain[],
  );

test("doctor finds nothing wrong with a cluster in order", async () => {
  await eventually(async () => expect(await findings()).toEqual([]));
  const checks = at(await plugin.view("doctor"), "checks") as Plain[];
  expect(checks.filter(({ outcome }) => outcome === "not checked")).toMatchObject([
    { check: "kube-scheduler is configured" },
  ]);
});

const apply = (object: Plain): Promise<string> =>
  world.cluster.kubectl(["apply", "-f", "-"], { input: JSON.stringify(object) });

const remove = (...words: readonly string[]): Promise<string> =>
  world.cluster.kubectl(["delete", "--ignore-not-found", "--wait=false", ...words]);

test("doctor finds each of ten planted faults and more, with a remedy for each", async () => {
  const provisioner = "lvm.stowage.dev";
  const policy = ["validatingadmissionpolicybinding", "stowage-agent-own-node"] as const;
  const binding = JSON.parse(
    await world.cluster.kubectl(["get", ...policy, "-o", "json"]),
  ) as Plain;
  const agent = new AgentPod(world, "n3");
  const storageApi = { apiVersion: "storage.k8s.io/v1" };
  const ghost = { namespace: world.namespace, name: "ghost", uid: randomUUID() };
  const held = await leftBehind("held");
  const ledger = async (...operations: readonly Plain[]): Promise<void> => {
    const patch = ["patch", "nls", "n1.cli", "--type", "json", "-p", JSON.stringify(operations)];
    await world.cluster.kubectl(patch);
  };
  try {
    // A disk that holds something, a volume that is in use, and an orphan.
    await world.onNode("n2", "mkfs.ext4 -q -F /dev/ubdc");
    await world.merge("NodeLocalStorage", "n2.cli", {
      spec: { devices: [{ path: "/dev/ubdb" }, { path: "/dev/ubdc" }] },
    });
    await world.onNode("n1", `mount /dev/cli/${held} /tmp/left`);
    await leftBehind("forgotten");
    await ledger(
      { op: "add", path: "/spec/volumes/-", value: { name: held, size: "1", delete: true } },
      {
        op: "add",
        path: "/spec/volumes/-",
        value: { name: `pvc-${ghost.uid}`, claim: ghost, size: "4Mi" },
      },
    );
    for (const [name, parameters] of [
      ["cli-misspelt", { volumeGruop: "cli" }],
      ["cli-nowhere", { volumeGroup: "cli-nowhere" }],
      ["cli-gone", { nodes: JSON.stringify([{ node: "n9", devices: ["/dev/sdb"] }]) }],
    ] as const) {
      await apply({
        ...storageApi,
        kind: "StorageClass",
        metadata: { name },
        provisioner,
        parameters,
      });
    }
    await apply({
      ...storageApi,
      kind: "CSIStorageCapacity",
      metadata: { namespace: world.namespace, name: "cli-n9" },
      storageClassName: "cli",
      nodeTopology: { matchLabels: { "kubernetes.io/hostname": "n9" } },
    });
    await apply({
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: {
        name: "cli-lost",
        annotations: {
          "pv.kubernetes.io/provisioned-by": provisioner,
          "stowage.dev/node-local-storage": "n8.cli",
        },
      },
      spec: {
        capacity: { storage: "1Gi" },
        accessModes: ["ReadWriteOnce"],
        persistentVolumeReclaimPolicy: "Retain",
        hostPath: { path: "/nowhere" },
      },
    });
    await remove(...policy);
    await agent.signal("STOP");
    await agent.becomes("not ready");

    const planted = [
      "agent_not_ready",
      "capacity_stale",
      "class_invalid",
      "class_names_absent_node",
      "class_without_group",
      "device_not_used",
      "entry_without_claim",
      "group_gone",
      "node_gone",
      "orphans",
      "policy_missing",
      "tombstone_stuck",
    ];
    await eventually(async () => {
      const found = await findings();
      expect(found.map(({ code }) => String(code)).toSorted()).toEqual(planted);
      for (const { remedy } of found) expect(String(remedy)).not.toBe("");
    });
    const { stdout, exitCode } = await plugin.run("doctor");
    expect(exitCode).toBe(1);
    expect(stdout).toContain("ERROR StorageClass cli-misspelt: its parameters are invalid");
    expect(stdout).toMatch(/4 errors, 8 warnings\.$/);
  } finally {
    await agent.signal("CONT");
    await apply({ ...binding, metadata: { name: policy[1] } });
    await world.onNode("n1", "umount /tmp/left || true");
    for (const name of ["cli-misspelt", "cli-nowhere", "cli-gone"]) await remove("sc", name);
    await remove("nls", "n9.cli-gone");
    await remove("pv", "cli-lost");
    await world.merge("NodeLocalStorage", "n2.cli", { spec: { devices: [{ path: "/dev/ubdb" }] } });
    await world.onNode("n2", "wipefs --all --quiet /dev/ubdc");
    const { spec } = await world.group("n1", "cli");
    const index = spec.volumes.findIndex(({ name }) => name === `pvc-${ghost.uid}`);
    if (index >= 0) await ledger({ op: "remove", path: `/spec/volumes/${index}` });
  }
});

test("node lost is refused while the node exists, and says so of a group whose node is gone", async () => {
  expect(await plugin.run("node lost n1 --yes")).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining("node n1 exists, so it is not lost"),
  });
  await world.create({
    kind: "NodeLocalStorage",
    metadata: { name: "n7.cli-lost" },
    spec: { nodeName: "n7", volumeGroup: "cli-lost" },
  });
  await shell.run(
    documented("operations.md", "A node is gone for good", "kubectl stowage node lost n1"),
    {
      n1: "n7 --yes",
    },
  );
  await world.until("NodeLocalStorage", "n7.cli-lost", {
    metadata: { annotations: { "stowage.dev/node-lost": "n7" } },
  });
  await shell.run(
    documented("operations.md", "A node is gone for good", "kubectl delete nls n1.fast"),
    {
      "n1.fast": "n7.cli-lost",
    },
  );
});

test("the image has the same program as stowage, with the account of its pod", async () => {
  const command = documented(
    "kubectl-stowage.md",
    "Install",
    "kubectl -n stowage-system exec deployment/stowage-provisioner",
  );
  expect(await shell.run(command)).toMatch(/^n2 +cli +True /m);
});
