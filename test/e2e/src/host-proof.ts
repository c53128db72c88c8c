import type { HostKind, Node } from "@stowage/test-cluster";
import { expect } from "vitest";

/*
 * That a node is the kind of host that it claims to be, shown by its own programs, without Stowage.
 * Each takes a node whose first two disks are empty, and leaves them so.
 */

const run = async (node: Node, script: string): Promise<string> =>
  (await node.exec(["bash", "-ec", script])).stdout.trim();

type Pair = { readonly first: string; readonly second: string };

const devicesOf = async (node: Node): Promise<Pair & { readonly links: Pair }> => {
  const [first, second] = await node.disks();
  if (first === undefined || second === undefined) throw new Error(`${node.name} has no two disks`);
  return {
    first: first.device,
    second: second.device,
    links: { first: first.link, second: second.link },
  };
};

// A read-only host has no room for LVM's archive, without which it changes nothing.
const withoutArchive = "--config 'backup{archive=0}'";

/** Makes a group called `proof` on both disks for `use`, whatever the host's LVM sees by itself. */
const withGroup = async <T>(
  node: Node,
  use: (confined: string, disks: Pair) => Promise<T>,
): Promise<T> => {
  const disks = await devicesOf(node);
  const confined = `--devices ${disks.first},${disks.second} ${withoutArchive}`;
  await run(node, `vgcreate ${confined} proof ${disks.first} ${disks.second}`);
  try {
    return await use(confined, disks);
  } finally {
    await run(
      node,
      `vgremove ${confined} --force --yes proof && pvremove ${confined} ${disks.first} ${disks.second}`,
    );
  }
};

const hasNoUdev = async (node: Node): Promise<void> => {
  expect(await run(node, "pgrep -f '[s]ystemd-udevd' || echo none")).toBe("none");
  expect(await run(node, "ls /run/udev/control /run/lvm/lvmpolld.socket 2>/dev/null || true")).toBe(
    "",
  );
};

/** That the links come from udev: its own database has them. */
const namesDisks = async (node: Node): Promise<void> => {
  for (const { device, link } of await node.disks()) {
    expect(await run(node, `readlink --canonicalize ${link}`)).toBe(device);
    const links = await run(node, `udevadm info --query=symlink --root --name=${device}`);
    expect(links.split(" ")).toContain(link);
  }
};

/** lvcreate, while udev is told to leave its queue alone: it waits, and its link is not there. */
const halfMade = (confined: string): string => `
  udevadm settle
  udevadm control --stop-exec-queue
  lvcreate ${confined} --yes --size 8M --name waits proof >/run/proof.out 2>&1 &
  for _ in {1..100}; do
    [ "$(dmsetup udevcookies | wc -l)" -gt 1 ] && break
    sleep 0.1
  done
  sleep 1
  if kill -0 $!; then echo waits; fi
  if [ -e /dev/proof/waits ]; then echo linked; fi
  udevadm control --start-exec-queue
  wait $! && echo made
  readlink --canonicalize /dev/proof/waits | grep --only-matching dm-
  udevadm info --query=property --name=/dev/proof/waits | grep DM_LV_NAME`;

const makesLvmWait = (node: Node): Promise<void> =>
  withGroup(node, async (confined) => {
    expect((await run(node, halfMade(confined))).split("\n")).toEqual([
      "waits",
      "made",
      "dm-",
      "DM_LV_NAME=waits",
    ]);
    expect(await run(node, "dmsetup udevcookies | wc -l")).toBe("1");
  });

/** udevd is killed while LVM waits for it: it comes back as under systemd, and LVM goes on. */
const udevdComesBack = (node: Node): Promise<void> =>
  withGroup(node, async (confined) => {
    const script = `
      udevadm settle
      udevadm control --stop-exec-queue
      lvcreate ${confined} --yes --size 8M --name orphaned proof >/run/proof.out 2>&1 &
      until [ "$(dmsetup udevcookies | wc -l)" -gt 1 ]; do sleep 0.1; done
      pkill -KILL systemd-udevd
      wait $! && echo made
      udevadm settle
      readlink --canonicalize /dev/proof/orphaned | grep --only-matching dm-`;
    expect(await run(node, script)).toBe("made\ndm-");
  });

const abort = (first: string, second: string): string =>
  `pvmove --devices ${first},${second} --config 'global{use_lvmpolld=0}' --abort`;

/** Where a volume is after `pvmove` has ended, and what is left of the move in the group. */
const moved = (node: Node): Promise<{ readonly place: string; readonly left: string }> =>
  withGroup(node, async (confined, { first, second }) => {
    await run(node, `lvcreate ${confined} --yes --size 8M --name moves proof ${first}`);
    await run(node, `pvmove ${confined} --interval 1 ${first} ${second}`);
    const report = `lvs ${confined} --all --noheadings -o`;
    const [place = ""] = (await run(node, `${report} devices proof/moves`)).split("(");
    const left = await run(node, `${report} lv_name proof | grep pvmove || true`);
    // A group in which something moves cannot be removed.
    if (left !== "") await run(node, abort(first, second));
    return { place, left };
  });

const pollsThroughDaemon = async (node: Node): Promise<void> => {
  const { second } = await devicesOf(node);
  expect(await moved(node)).toEqual({ place: second, left: "" });
  expect(await polled(node)).toContain("proof/pvmove0");
};

/** What lvmpolld has written down. */
const polled = (node: Node): Promise<string> => run(node, "cat /run/stowage/node/lvmpolld.log");

const isUdevHost = async (node: Node): Promise<void> => {
  await namesDisks(node);
  await makesLvmWait(node);
  await udevdComesBack(node);
};

/** The names of physical volumes that the host's own LVM sees. */
const seenByItself = (node: Node): Promise<string> =>
  run(node, "pvs --noheadings -o pv_name 2>/dev/null");

export const proofOf: Readonly<Record<HostKind, (node: Node) => Promise<void>>> = {
  plain: hasNoUdev,
  udev: async (node) => {
    await isUdevHost(node);
    await pollsThroughDaemon(node);
  },
  rhel: async (node) => {
    await isUdevHost(node);
    await withGroup(node, async () => expect(await seenByItself(node)).toBe(""));
    // lvmpolld's LVM knows the devices file alone: it finds no group, and pvmove ends all the same.
    expect(await moved(node)).toEqual({ place: "pvmove0", left: "[pvmove0]" });
    expect(await polled(node)).toContain('Volume group "proof" not found');
  },
  filtered: async (node) => {
    await isUdevHost(node);
    const { second, links } = await devicesOf(node);
    await withGroup(node, async (_, { first }) => {
      expect(await seenByItself(node)).toBe(first);
    });
    for (const name of [second, links.second]) {
      const { exitCode, stderr } = await node.tryExec(["pvcreate", name]);
      expect(exitCode).not.toBe(0);
      expect(stderr).toMatch(/excluded|filter|not found/i);
    }
  },
  readonly: async (node) => {
    await isUdevHost(node);
    for (const folder of ["", "/etc", "/etc/lvm", "/usr", "/srv", "/root"]) {
      const { stderr } = await node.tryExec(["touch", `${folder}/written`]);
      expect(stderr).toContain(`'${folder}/written': Read-only file system`);
    }
    for (const folder of ["/var", "/run", "/tmp", "/var/lib/kubelet", "/var/lib/containerd"]) {
      await run(node, `touch ${folder}/written && rm ${folder}/written`);
    }
  },
};
