import { systemClock } from "@stowage/clock";
import { fileOf } from "@stowage/test-chart";
import { Cluster, progressTo } from "@stowage/test-cluster";
import { afterAll, beforeAll, expect, test } from "vitest";
import { documented } from "../src/docs/documented.ts";
import { configureScheduler, install } from "../src/install.ts";
import { podWith, claim, storageClass } from "../src/manifests.ts";
import { Shell } from "../src/shell.ts";
import { eventually, World } from "../src/world.ts";

const group = "fast";
const nodes = ["n1", "n2"];
const progress = progressTo(systemClock, (line) => void process.stderr.write(`${line}\n`));

let cluster: Cluster;
let world: World;
let shell: Shell;

const namespace = "shop";

/**
 * One pod for each node, created together with its claim. Before there is data they say where they
 * are to be; afterwards only the data does.
 */
const workload = async (placed: "by selector" | "by data"): Promise<void> => {
  for (const node of nodes) {
    await world.create(claim(`data-${node}`, group, "128Mi"));
    const nodeSelector = placed === "by data" ? {} : { "kubernetes.io/hostname": node };
    await world.create(podWith(`app-${node}`, [`data-${node}`], { nodeSelector }));
  }
  for (const node of nodes) await world.running(`app-${node}`);
};

const makeClass = (): Promise<void> =>
  world.storageClass(
    storageClass(group, {
      nodes: { n1: ["/dev/disk/by-id/virtio-n1-disk1"], n2: ["/dev/disk/by-id/virtio-n2-disk1"] },
    }),
    nodes,
  );

beforeAll(async () => {
  cluster = await Cluster.up({ name: "rebuilt", nodes: 2, disks: ["1Gi"], progress });
  shell = await Shell.open(cluster);
  await install(cluster, progress);
  await shell.addPlugin();
  world = await World.of(cluster, namespace);
  await makeClass();
});

afterAll(async () => {
  await shell.close();
  await cluster.down();
});

const seen = async (): Promise<{ readonly volumes: string[]; readonly orphans: string[] }> => {
  const groups = await Promise.all(nodes.map((node) => world.group(node, group)));
  return {
    volumes: groups.flatMap(({ spec }) => spec.volumes.map(({ name }) => name)).toSorted(),
    orphans: groups.flatMap(({ status }) => status.orphans.map(({ name }) => name)).toSorted(),
  };
};

const onDisk = async (): Promise<string[]> => {
  const names = await Promise.all(nodes.map((node) => world.logicalVolumes(node, group)));
  return names.flat().toSorted();
};

test("a cluster that is made anew on disks that were kept has the data back by one documented act, and nothing happens before it", async () => {
  await workload("by selector");
  for (const node of nodes) {
    await world.inPod(
      `app-${node}`,
      `cd /data-${node} && head -c 8000000 /dev/urandom > file && sha256sum file > sum && sync`,
    );
  }
  const volumes = await onDisk();
  expect(volumes).toHaveLength(nodes.length);

  await cluster.rebuild(progress);
  await cluster.loadStowageImage(fileOf("."), progress);
  for (const beginning of [
    documented("install.md", "2. The cluster's part", "kubectl apply --server-side"),
    documented("install.md", "2. The cluster's part", "kubectl -n stowage-system rollout status"),
  ]) {
    await shell.run(beginning);
  }
  await configureScheduler(cluster);
  world = await World.of(cluster, namespace);
  await makeClass();

  // By itself: the volumes are reported, kept, and nobody's.
  await eventually(async () => expect(await seen()).toEqual({ volumes: [], orphans: volumes }));
  expect(await world.list("PersistentVolume")).toEqual([]);
  const shown = await shell.run(
    documented(
      "operations.md",
      "A cluster is made anew on disks that were kept",
      "kubectl stowage status",
    ),
  );
  for (const node of nodes) expect(shown).toContain(`${node} fast: 1 orphan; see`);
  const orphans = await shell.run(
    documented(
      "operations.md",
      "A cluster is made anew on disks that were kept",
      "kubectl stowage orphans",
    ),
  );
  for (const node of nodes)
    expect(orphans).toMatch(new RegExp(`^${node} .* shop/data-${node} `, "m"));
  expect(await seen()).toEqual({ volumes: [], orphans: volumes });
  expect(await onDisk()).toEqual(volumes);

  const act = documented(
    "operations.md",
    "A cluster is made anew on disks that were kept",
    "kubectl stowage orphans adopt --all",
  );
  expect((await shell.try(act)).stderr).toContain("--yes");
  expect(await world.list("PersistentVolume")).toEqual([]);
  await shell.run(`${act} --yes`);
  await eventually(async () => expect(await seen()).toEqual({ volumes, orphans: [] }));

  await workload("by data");
  for (const node of nodes) {
    expect(volumes).toContain(await world.volumeOf(`data-${node}`));
    expect(await world.inPod(`app-${node}`, `cd /data-${node} && sha256sum -c sum`)).toBe(
      "file: OK",
    );
  }
  expect(await onDisk()).toEqual(volumes);
});

test("an installation without Helm becomes a release, and goes the way it came", async () => {
  const release = await shell.run(
    documented("operations.md", "Upgrade", "helm upgrade --install stowage"),
    { "--set image.repository=<your registry>/stowage": "--set image.tag=dev --wait" },
  );
  expect(release).toContain("STATUS: deployed");
  await shell.run(documented("operations.md", "Uninstall", "helm uninstall"));
  await shell.run(documented("operations.md", "Uninstall", "kubectl delete namespace"));
  expect(await onDisk()).toHaveLength(nodes.length);

  await shell.run(documented("operations.md", "Upgrade", "kubectl apply --server-side"));
  await shell.run(documented("operations.md", "Uninstall", "kubectl delete -f"));
  expect(await onDisk()).toHaveLength(nodes.length);
  expect((await seen()).volumes).toHaveLength(nodes.length);
  await shell.run(documented("operations.md", "Uninstall", "kubectl delete crd"));
  expect(await onDisk()).toHaveLength(nodes.length);
  for (const node of nodes) {
    expect(await world.inPod(`app-${node}`, `cd /data-${node} && sha256sum -c sum`)).toBe(
      "file: OK",
    );
  }
});
