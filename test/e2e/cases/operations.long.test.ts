import { afterAll, beforeAll, expect, test } from "vitest";
import { documented } from "../src/docs/documented.ts";
import { at } from "../src/kinds.ts";
import { storageClass } from "../src/manifests.ts";
import { Shell } from "../src/shell.ts";
import { eventually, World } from "../src/world.ts";

/* docs/operations.md on a StatefulSet with data. */

let world: World;
let shell: Shell;

const replicas = [0, 1, 2];

beforeAll(async () => {
  world = await World.enter("operations");
  shell = await Shell.open(world.cluster, world.namespace);
  await shell.addPlugin();
  await world.storageClass(
    storageClass("fast", { nodes: { n1: ["/dev/ubdb"], n2: ["/dev/ubdb"] } }),
    ["n1", "n2"],
  );
  await shell.run("kubectl apply -f deploy/examples/stateful-set.yaml");
  for (const index of replicas) {
    await world.running(`db-${index}`);
    await world.inPod(
      `db-${index}`,
      "cd /data && head -c 4000000 /dev/urandom > file && sha256sum file > sum && sync",
    );
  }
});

afterAll(async () => {
  await shell.try(uncordon);
  await world.delete("StatefulSet", "db");
  await shell.close();
  await world.leave();
});

const uncordon = documented("operations.md", "Draining a node", "kubectl uncordon n1");

const dataIsThere = async (index: number): Promise<void> => {
  await eventually(async () => {
    expect(await world.inPod(`db-${index}`, "cd /data && sha256sum -c sum")).toBe("file: OK");
  });
};

test("a disk is added to a group in use", async () => {
  const before = (await world.group("n1", "fast")).status.capacity ?? 0;
  await shell.run(documented("operations.md", "Adding a disk", "kubectl patch nls n1.fast"), {
    "nvme-A2": "virtio-n1-disk2",
  });
  const devices = documented("operations.md", "Adding a disk", "kubectl stowage devices n1");
  await eventually(async () => {
    expect(await shell.run(devices)).toMatch(/^n1 +fast +\S+virtio-n1-disk2 .*InUse/m);
  });
  const after = (await world.group("n1", "fast")).status.capacity ?? 0;
  expect(after).toBe(before * 2);
});

test("a backup of a volume's files is put back where they were lost", async () => {
  const archive = { "db-0.tar.gz": `${shell.home}/db-0.tar.gz` };
  await shell.run(documented("operations.md", "Backup", "kubectl exec db-0"), archive);
  await world.inPod("db-0", "rm /data/file /data/sum");
  await shell.run(documented("operations.md", "Backup", "kubectl exec -i db-0"), archive);
  await dataIsThere(0);
});

test("the objects are saved with those of Stowage", async () => {
  const file = `${shell.home}/stowage-objects.yaml`;
  await shell.run(documented("operations.md", "Backup", "kubectl get storageclasses"), {
    "stowage-objects.yaml": file,
  });
  const kinds = (await shell.run(`grep -E '^  kind: ' ${file} | sort -u`)).match(/\w+$/gm);
  expect(kinds).toEqual([
    "NodeLocalStorage",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "StorageClass",
  ]);
});

test("a node is drained, its pods wait for it, and have their data when it is back", async () => {
  const pods = await world.list("Pod");
  const onNode = replicas.filter((index) =>
    pods.some(
      (pod) => at(pod, "metadata.name") === `db-${index}` && at(pod, "spec.nodeName") === "n1",
    ),
  );
  expect(onNode).not.toEqual([]);
  const [cordon, open] = [
    documented(
      "operations.md",
      "Draining a node",
      'kubectl patch nls n1.fast --type merge -p \'{"spec": {"cordoned": true}}\'',
    ),
    documented(
      "operations.md",
      "Draining a node",
      'kubectl patch nls n1.fast --type merge -p \'{"spec": {"cordoned": false}}\'',
    ),
  ];
  await shell.run(cordon);
  await shell.run(documented("operations.md", "Draining a node", "kubectl drain n1"));
  expect(await shell.run("kubectl stowage status")).toMatch(/^n1 +fast +True,cordoned /m);
  for (const index of onNode) {
    await world.until("Pod", `db-${index}`, { status: { phase: "Pending" } });
  }
  await world.cluster.node("n1").powerCut();
  await world.cluster.node("n1").boot();
  await world.cluster.node("n1").ready();
  await shell.run(uncordon);
  await shell.run(open);
  for (const index of onNode) {
    await world.running(`db-${index}`);
    await dataIsThere(index);
  }
});
