import { systemClock } from "@stowage/clock";
import type { HostKind, Node } from "@stowage/test-cluster";
import { Cluster, progressTo } from "@stowage/test-cluster";
import type { TestContext } from "vitest";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { proofOf } from "../src/host-proof.ts";
import { install } from "../src/install.ts";
import type { Plain } from "../src/kinds.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { wholeLife } from "../src/whole-life.ts";
import { World } from "../src/world.ts";

const progress = progressTo(systemClock, (line) => void process.stderr.write(`${line}\n`));

const deviceIs = (path: string, status: object): Plain => ({
  status: { devices: expect.arrayContaining([expect.objectContaining({ path, ...status })]) },
});

const onlyOn = (node: Node): Plain => ({ nodeSelector: { "kubernetes.io/hostname": node.name } });

const run = async (node: Node, script: string): Promise<string> =>
  (await node.exec(["sh", "-ec", script])).stdout.trim();

/** Of one of the node's disks; the first is 1. */
const linkOf = async (node: Node, position: number): Promise<string> => {
  const disk = (await node.disks())[position - 1];
  if (disk === undefined) throw new Error(`${node.name} has no ${position} disks`);
  return disk.link;
};

describe("in the cluster that all files share", () => {
  let world: World;

  // One for each test: all take the same disks.
  beforeEach(async () => {
    world = await World.enter("hosts");
  });

  afterEach(() => world.leave());

  /** The cluster may have been asked to be of other kinds. */
  const nodeOf = async (kind: HostKind, { skip }: TestContext): Promise<Node> => {
    for (const node of world.cluster.nodes) if ((await node.host()) === kind) return node;
    return skip(`no node is ${kind}`);
  };

  describe.each(["plain", "udev", "rhel"] as const)("a host that is %s", (kind) => {
    test("is what it claims to be", async (context) => {
      await proofOf[kind](await nodeOf(kind, context));
    });

    test("keeps a volume through its whole life", async (context) => {
      const node = await nodeOf(kind, context);
      await wholeLife(world, node, `life-${kind}`, await linkOf(node, 1));
    });
  });

  /** Asks for the disk that has a volume to be emptied; its path. */
  const evacuate = async (node: Node, group: string): Promise<string> => {
    const disks = [await linkOf(node, 1), await linkOf(node, 2)] as const;
    const name = `data-${group}`;
    await world.storageClass(storageClass(group, { nodes: { [node.name]: disks } }), [node.name]);
    await world.create(claim(name, group, "64Mi"));
    await world.create(podWith(name, [name], onlyOn(node)));
    await world.running(name);
    const place = await world.onNode(
      node.name,
      `lvs --noheadings -o devices ${group}/${await world.volumeOf(name)}`,
    );
    const [first] = await node.disks();
    const leaving = place.includes(first?.device ?? "none") ? disks[0] : disks[1];
    await world.merge("NodeLocalStorage", `${node.name}.${group}`, {
      spec: {
        devices: disks.map((path) => (path === leaving ? { path, evacuate: true } : { path })),
      },
    });
    return leaving;
  };

  test.for(["udev", "rhel"] as const)(
    "a disk of a host that is %s is evacuated, and lvmpolld is not asked",
    async (kind, context) => {
      const node = await nodeOf(kind, context);
      const group = `leaves-${kind}`;
      const leaving = await evacuate(node, group);
      const evacuated = deviceIs(leaving, { state: "Evacuated" });
      await world.until("NodeLocalStorage", `${node.name}.${group}`, evacuated);
      const all = "lvs --all --noheadings -o lv_name,move_pv";
      expect(await world.onNode(node.name, `${all} ${group}`)).not.toContain("pvmove");
      expect(await run(node, "cat /run/stowage/node/lvmpolld.log")).not.toContain(group);
    },
  );
});

describe("in a cluster of a filtered and a read-only host with disks of all kinds", () => {
  let cluster: Cluster;
  let world: World;
  let filtered: Node;
  let readonly: Node;

  beforeAll(async () => {
    cluster = await Cluster.up({
      name: "hosts",
      nodes: 2,
      hosts: ["filtered", "readonly"],
      disksOf: {
        n1: ["1Gi", "1Gi", "1Gi,sectors=4096", "1Gi,partitions=2", "0", "1Gi,shared=lun1"],
        n2: ["1Gi", "1Gi", "1Gi,shared=lun1"],
      },
      progress,
    });
    await install(cluster, progress);
    world = await World.of(cluster, "hosts");
    filtered = cluster.node("n1");
    readonly = cluster.node("n2");
  });

  afterAll(() => cluster.down());

  test("the filtered host is what it claims to be", () => proofOf.filtered(filtered));
  test("the read-only host is what it claims to be", () => proofOf.readonly(readonly));

  test("a disk has sectors of 4096 bytes, another one partitions, another one the size 0", async () => {
    const size = (device: string): Promise<string> =>
      run(filtered, `blockdev --getss --getsize64 ${device}`);
    expect(await size(await linkOf(filtered, 1))).toBe(`512\n${1024 ** 3}`);
    expect(await size(await linkOf(filtered, 3))).toBe(`4096\n${1024 ** 3}`);
    expect(await size(await linkOf(filtered, 5))).toBe("512\n0");
    const partitioned = await linkOf(filtered, 4);
    expect(await run(filtered, `lsblk --noheadings -o PTTYPE,TYPE ${partitioned}`)).toMatch(
      /^gpt +disk\ngpt +part\ngpt +part$/,
    );
    for (const number of [1, 2]) {
      expect(await size(`${partitioned}-part${number}`)).toBe(`512\n${511 * 1024 ** 2}`);
    }
  });

  test("two nodes see what either writes to the disk that they share", async () => {
    const link = await linkOf(filtered, 6);
    expect(await linkOf(readonly, 3)).toBe(link);
    await run(filtered, `echo from n1 | dd of=${link} conv=fsync status=none`);
    expect(await run(readonly, `head --bytes=7 ${link}`)).toBe("from n1");
    await run(readonly, `wipefs --all ${link}; dd if=/dev/zero of=${link} count=1 conv=fsync`);
  });

  test("a disk is pulled and plugged in again, and udev takes its links away and makes them", async () => {
    for (const position of [2, 3, 4]) {
      const link = await linkOf(filtered, position);
      await filtered.pullDisk(`disk${position}`);
      expect((await filtered.tryExec(["ls", link])).exitCode).not.toBe(0);
      await filtered.plugDisk(`disk${position}`);
      await run(filtered, `test -b ${link}`);
    }
  });

  test("a host that filters another disk keeps a volume through its whole life", async () => {
    await wholeLife(world, filtered, "life-filtered", await linkOf(filtered, 1));
  });

  test("a read-only host, whose agent brings its own LVM, keeps a volume through its whole life, and /etc/lvm stays as it was", async () => {
    await wholeLife(world, readonly, "life-readonly", await linkOf(readonly, 2));
    expect(await run(readonly, "find /etc/lvm -type f")).toBe("/etc/lvm/lvm.conf");
  });

  test("a disk with sectors of 4096 bytes keeps a volume through its whole life", async () => {
    await wholeLife(world, filtered, "life-sectors", await linkOf(filtered, 3));
  });

  test("a partition keeps a volume through its whole life", async () => {
    await wholeLife(world, filtered, "life-part", `${await linkOf(filtered, 4)}-part1`);
  });

  test("a disk that the host's filter shuts out is refused by name", async () => {
    const hidden = await linkOf(filtered, 2);
    await world.create(storageClass("hidden", { nodes: { n1: [hidden] } }));
    const refused = deviceIs(hidden, { state: "Refused", reason: "FilteredOut" });
    await world.until("NodeLocalStorage", "n1.hidden", refused);
  });

  test("a disk of size 0 is told, and the group is made on the other", async () => {
    const empty = await linkOf(filtered, 5);
    const whole = `${await linkOf(filtered, 4)}-part2`;
    await world.storageClass(storageClass("empty", { nodes: { n1: [whole, empty] } }), ["n1"]);
    await world.until("NodeLocalStorage", "n1.empty", deviceIs(whole, { state: "InUse" }));
    const told = deviceIs(empty, {
      state: "Missing",
      message: expect.stringContaining("reads as empty"),
    });
    await world.until("NodeLocalStorage", "n1.empty", told);
  });
});
