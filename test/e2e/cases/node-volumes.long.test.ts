import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { AgentPod } from "../src/agent-pod.ts";
import type { Plain } from "../src/kinds.ts";
import { claim, podWith, podWithDevice, storageClass } from "../src/manifests.ts";
import { oldSignatures } from "../src/old-signatures.ts";
import { eventually, World } from "../src/world.ts";

let world: World;
let agent: AgentPod;

const mebibyte = 1024 ** 2;

beforeAll(async () => {
  world = await World.enter("node-volumes");
  agent = new AgentPod(world, "n1");
  await world.storageClass(storageClass("vol", { nodes: { n1: ["/dev/ubdc"] } }), ["n1"]);
});

afterEach(() => world.clear());

afterAll(async () => {
  try {
    await world.leave();
  } finally {
    await world.onNode("n1", "dmsetup remove --retry slow; dmsetup remove --retry nothing; true");
  }
});

const block = { volumeMode: "Block" };

const runWithDevice = async (name: string, className: string, size: string): Promise<string> => {
  await world.create(claim(name, className, size, block));
  await world.create(podWithDevice(name, name));
  await world.running(name);
  return world.volumeOf(name);
};

const signaturesOn = (device: string): Promise<string> =>
  world.onNode("n1", `wipefs --no-act --noheadings --output type ${device}`);

test("a volume on extents with old signatures at both ends is clean, is formatted, and its pod runs", async () => {
  const size = 64 * mebibyte;
  const dirty = `/dev/vol/${await runWithDevice("dirty", "vol", "64Mi")}`;
  const place = "lvs --noheadings -o seg_pe_ranges,lv_size vol";
  const extents = await world.onNode("n1", place);
  for (const [sector, bytes] of oldSignatures(size)) {
    const write = `base64 -d | dd of=${dirty} bs=512 seek=${sector} conv=fsync,notrunc status=none`;
    await world.cluster.node("n1").exec(["sh", "-c", write], { input: bytes.toString("base64") });
  }
  const backupTables = (device: string): Promise<string> =>
    world.onNode("n1", `tail -c 512 ${device} | grep -ac 'EFI PART' || true`);
  expect(await signaturesOn(dirty)).toMatch(/^linux_raid_member\s+gpt/);
  expect(await backupTables(dirty)).toBe("1");
  await world.clear();

  await world.create(claim("fresh", "vol", "64Mi"));
  await world.create(podWith("fresh", ["fresh"]));
  await world.running("fresh");
  expect(await world.onNode("n1", place)).toBe(extents);
  const fresh = `/dev/vol/${await world.volumeOf("fresh")}`;
  expect(await signaturesOn(fresh)).toBe("ext4");
  expect(await backupTables(fresh)).toBe("0");
  expect(await world.inPod("fresh", "echo new > /fresh/word && ls /fresh")).toContain("word");
});

test("a volume that is in use stays, an event names who uses it, and it goes soon after", async () => {
  await world.create(claim("busy", "vol", "64Mi"));
  await world.create(podWith("busy", ["busy"]));
  await world.running("busy");
  const volume = await world.volumeOf("busy");
  await world.onNode("n1", `mkdir -p /srv/busy && mount /dev/vol/${volume} /srv/busy`);
  try {
    await world.delete("Pod", "busy");
    await world.delete("PersistentVolumeClaim", "busy");
    await world.until("NodeLocalStorage", "n1.vol", {
      status: {
        volumes: [
          {
            name: volume,
            state: "Deleting",
            reason: "InUse",
            message: expect.stringMatching(/is mounted on \/srv\/busy/),
          },
        ],
      },
    });
    await eventually(async () => {
      const told = await world.cluster.kubectl([
        ..."get events -A -o jsonpath={.items[*].message}".split(" "),
        `--field-selector=reason=VolumeFailedDelete,involvedObject.name=${volume}`,
      ]);
      expect(told).toMatch(/is mounted on \/srv\/busy/);
    });
    expect(await world.get("PersistentVolume", volume)).toBeDefined();
    expect(await world.logicalVolumes("n1", "vol")).toEqual([volume]);
  } finally {
    await world.onNode("n1", "umount /srv/busy");
  }
  await eventually(async () => {
    expect(await world.get("PersistentVolume", volume)).toBeUndefined();
    expect(await world.logicalVolumes("n1", "vol")).toEqual([]);
  });
});

/** Builds a group called vol inside a volume, in a /dev of its own, where the guest's disk is alone. */
const asGuest = (volume: string): string => `set -e
  export guest=$(losetup --find --show /dev/vol/${volume})
  trap 'losetup --detach $guest' EXIT
  unshare --mount sh -ec '
    mkdir -p /run/guest
    mount -t tmpfs none /run/guest
    mkdir /run/guest/mapper /run/guest/shm
    cp -a /dev/null /dev/urandom $guest /run/guest
    cp -a /dev/mapper/control /run/guest/mapper
    mount --move /run/guest /dev
    vgcreate vol $guest
    lvcreate --yes --size 32M --name inner vol
    vgchange --activate n vol'`;

test("a guest's LVM inside a Block volume, even under the group's own name, changes nothing", async () => {
  const volume = await runWithDevice("guest", "vol", "128Mi");
  await eventually(async () => {
    expect((await world.group("n1", "vol")).status.volumeCount).toBe(1);
  });
  const before = await world.seenOn("n1", "vol");
  await world.onNode("n1", asGuest(volume));
  await world.onNode("n1", "sed -i 's/^devices {/devices { scan_lvs=1/' /etc/lvm/lvm.conf");
  try {
    expect(await world.onNode("n1", "vgs --noheadings -o vg_name 2>/dev/null | grep -cw vol")).toBe(
      "2",
    );
    await agent.restart();
    await agent.becomes("ready");
    expect(await world.seenOn("n1", "vol")).toEqual(before);
    await world.groupReady("n1", "vol");
    await world.clear();
    expect(await world.onNode("n1", "lvs --noheadings --devices /dev/ubdc vol")).toBe("");
  } finally {
    await world.onNode("n1", "sed -i 's/ scan_lvs=1//' /etc/lvm/lvm.conf");
  }
});

/** A disk of 3 GiB that takes four seconds for each write to its data, and keeps none of it. */
const slowDisk = [
  "modprobe -a dm-zero dm-delay",
  "echo 0 6291456 zero | dmsetup create nothing",
  "printf '0 16384 linear /dev/ubdb 2048\\n16384 6275072 delay /dev/mapper/nothing 0 0 /dev/mapper/nothing 0 4000\\n' | dmsetup create slow",
  "wipefs --all --quiet /dev/mapper/slow",
].join(" && ");

test("a volume is wiped once, in the background, over a restart of the agent, and counts as used until it is gone", async () => {
  await world.onNode("n1", slowDisk);
  await world.storageClass(
    storageClass("slow", {
      nodes: { n1: ["/dev/mapper/slow"] },
      parameters: { wipe: "zero" },
    }),
    ["n1"],
  );
  const volume = await runWithDevice("large", "slow", "2Gi");
  const { allocatable } = (await world.group("n1", "slow")).status;
  await world.delete("Pod", "large");
  await world.delete("PersistentVolumeClaim", "large");
  const wiping = async () => {
    const { volumes, free } = (await world.group("n1", "slow")).status;
    const wiped = volumes.find(({ name }) => name === volume)?.wiped;
    return { wiped: wiped === undefined ? undefined : Number(wiped), free: Number(free) };
  };
  await eventually(async () => expect((await wiping()).wiped).toBeGreaterThan(0));

  // Another claim is served meanwhile, on what the volume does not count as used.
  await runWithDevice("small", "slow", "64Mi");
  const { wiped = 0, free } = await wiping();
  expect(wiped).toBeGreaterThan(0);
  expect(wiped).toBeLessThan(2048 * mebibyte);
  expect(free).toBe(Number(allocatable) - (2048 + 64) * mebibyte);

  await world.cluster.kubectl(["taint", "node", "n1", "example.org/disk-pressure=:NoSchedule"]);
  try {
    await agent.restart();
    const progress: number[] = [];
    const wipers: number[] = [];
    await eventually(
      async () => {
        wipers.push(Number(await world.onNode("n1", "pgrep -c -x blkdiscard || true")));
        const now = await wiping();
        if (now.wiped !== undefined) progress.push(now.wiped);
        expect(await world.logicalVolumes("n1", "slow")).not.toContain(volume);
      },
      { timeout: 150_000 },
    );
    expect(Math.max(...wipers)).toBe(1);
    expect(Math.min(...progress)).toBeGreaterThanOrEqual(wiped);
  } finally {
    await world.cluster.kubectl(["taint", "node", "n1", "example.org/disk-pressure-"]);
  }
  await world.clear();
});

const wrong: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
  ["steps", { volumeGroup: "../../etc" }, /volumeGroup: must be a name of letters/],
  ["shell", { volumeGroup: "vol;touch /run/escaped" }, /volumeGroup: must be a name of letters/],
  ["option", { volumeGroup: "-vol" }, /volumeGroup: must be a name of letters/],
  [
    "path",
    { nodes: '[{"node":"n1","devices":["/dev/../etc/passwd"]}]' },
    /devices\.0: must be a path below \/dev/,
  ],
  [
    "command",
    { nodes: '[{"node":"n1","devices":["/dev/ubdb;touch /run/escaped"]}]' },
    /devices\.0: must be a path below \/dev/,
  ],
];

test("names that lead elsewhere, or that a shell or LVM would take for more, are refused", async () => {
  const classes = wrong.map(([name]) => `wrong-${name}`);
  try {
    for (const [name, parameters] of wrong) {
      await world.create({
        ...storageClass(`wrong-${name}`),
        parameters,
      });
      await world.create(claim(name, `wrong-${name}`, "4Mi"));
      await world.create(podWith(name, [name]));
    }
    for (const [name, , words] of wrong) {
      await eventually(async () => {
        const told = await world.cluster.kubectl([
          ..."get events -A -o jsonpath={.items[*].message}".split(" "),
          `--field-selector=reason=InvalidParameters,involvedObject.name=wrong-${name}`,
        ]);
        expect(told).toMatch(words);
      });
    }
  } finally {
    for (const name of classes) await world.delete("StorageClass", name);
  }
  const storage = (spec: Plain): Promise<Plain> =>
    world.create({
      kind: "NodeLocalStorage",
      metadata: { name: "n1.wrong" },
      spec: { nodeName: "n1", ...spec },
    });
  const volumeGroup = "wrong";
  await expect(storage({ volumeGroup: "../etc" })).rejects.toThrow(/spec\.volumeGroup/);
  await expect(storage({ volumeGroup: "-wrong" })).rejects.toThrow(/spec\.volumeGroup/);
  await expect(storage({ volumeGroup, devices: [{ path: "/dev/../etc" }] })).rejects.toThrow(
    /spec\.devices\[0\]\.path/,
  );
  await expect(storage({ volumeGroup, volumes: [{ name: "a;b", size: "4Mi" }] })).rejects.toThrow(
    /spec\.volumes\[0\]\.name/,
  );
  expect(await world.onNode("n1", "ls /run/escaped 2>/dev/null || true")).toBe("");
});
