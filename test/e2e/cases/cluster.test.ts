import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { Cluster, busyboxImage, patience } from "@stowage/test-cluster";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

const name = "cluster-test";
const limits = { up: 240_000 * patience, step: 120_000 * patience };

/** Everything on this host that a cluster called `name` may have left behind. */
const tracesOf = async (cluster: string): Promise<readonly string[]> => {
  const traces: string[] = [];
  for (const pid of (await readdir("/proc")).filter((entry) => /^\d+$/.test(entry))) {
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    const marked = environment
      .split("\0")
      .some((line) => line.startsWith("STOWAGE_CLUSTER=") && line.endsWith(`/${cluster}`));
    if (marked) traces.push(`process ${pid}`);
  }
  const namespaces = await readdir("/run/netns").catch(() => []);
  traces.push(...namespaces.filter((entry) => entry === `stowage-${cluster}`));
  const mounts = (await readFile("/proc/self/mountinfo", "utf8")).split("\n");
  traces.push(...mounts.filter((line) => line.includes(`stowage-${cluster}`)));
  return traces;
};

/** Holds a lock as user-mode Linux takes it on its disks: fcntl(2), the whole file. */
const lockForEver = `open(my $file, "+<", $ARGV[0]) or die $!;
my $lock = pack("ssx4qqlx4", F_WRLCK, 0, 0, 0, 0);
fcntl($file, F_SETLKW, $lock) or die $!;
$| = 1; print "locked"; sleep`;

const hostDevices = (): Promise<string[]> => readdir("/sys/class/net");

describe("a cluster of one node", () => {
  let cluster: Cluster;
  let devicesBefore: readonly string[];

  beforeAll(async () => {
    devicesBefore = await hostDevices();
    cluster = await Cluster.up({ name, nodes: 1, disks: ["1Gi"] });
  }, limits.up);

  afterAll(async () => {
    await Cluster.remove(name);
  }, limits.step);

  test("another process can attach to it, and nobody can bring it up twice", async () => {
    const attached = await Cluster.attach(name);
    expect(attached.kubeconfig).toBe(cluster.kubeconfig);
    await expect(Cluster.up({ name })).rejects.toMatchObject({ code: "already_running" });
  });

  test("a command in a node returns its output and exit code, and fails with both", async () => {
    const node = cluster.node("n1");
    await expect(node.exec(["cat"], { input: "grüße" })).resolves.toEqual({
      stdout: "grüße",
      stderr: "",
      exitCode: 0,
    });
    const failing = ["sh", "-c", "echo why >&2; exit 7"] as const;
    await expect(node.tryExec(failing)).resolves.toEqual({
      stdout: "",
      stderr: "why\n",
      exitCode: 7,
    });
    await expect(node.exec(failing)).rejects.toThrow(/exited with 7\nwhy/);
    await expect(node.exec(["no-such-program"])).rejects.toThrow(/did not start/);
  });

  test(
    "a pod runs, and answers at its address and at that of its Service",
    { timeout: limits.step },
    async () => {
      const serve = "mkdir /www && echo here >/www/index.html && exec httpd -f -p 8080 -h /www";
      await cluster.kubectl([
        "run",
        "web",
        `--image=${busyboxImage}`,
        "--image-pull-policy=Never",
        "--",
        "sh",
        "-c",
        serve,
      ]);
      await cluster.kubectl([
        "wait",
        "--for=condition=Ready",
        "pod/web",
        `--timeout=${60 * patience}s`,
      ]);
      const answerOf = async (host: string, port: number): Promise<string> => {
        const forward = await cluster.forward({ host, port });
        try {
          // A connection from before kube-proxy knew the Service would never be answered.
          const signal = AbortSignal.timeout(3000);
          return await (await fetch(`http://127.0.0.1:${forward.port}/`, { signal })).text();
        } finally {
          await forward.close();
        }
      };
      // Its container runs a moment before it listens.
      const expectAnswer = async (host: string, port: number): Promise<void> => {
        await expect
          .poll(() => answerOf(host, port).catch(String), {
            timeout: 20_000 * patience,
            interval: 300,
          })
          .toBe("here\n");
      };
      const pod = ["get", "pod", "web", "-o", "jsonpath={.status.podIP}"];
      await expectAnswer(await cluster.kubectl(pod), 8080);
      await cluster.kubectl(["expose", "pod", "web", "--port=80", "--target-port=8080"]);
      const service = ["get", "service", "web", "-o", "jsonpath={.spec.clusterIP}"];
      const address = await cluster.kubectl(service);
      await expectAnswer(address, 80);
      await cluster.node("n1").exec(["bash", "-c", `</dev/tcp/${address}/80`]);
      await expect(cluster.kubectl(["exec", "web", "--", "cat", "/www/index.html"])).resolves.toBe(
        "here",
      );
    },
  );

  test(
    "a paused network cuts the node off, but not us from the node",
    { timeout: limits.step },
    async () => {
      const node = cluster.node("n1");
      const reach = ["bash", "-c", "timeout 2 bash -c '</dev/tcp/10.99.0.1/443'"] as const;
      await node.pauseNetwork();
      expect((await node.tryExec(reach)).exitCode).not.toBe(0);
      await node.resumeNetwork();
      await node.exec(reach);
    },
  );

  test(
    "disks come and go while the node runs, unless they are in use",
    { timeout: limits.step },
    async () => {
      const node = cluster.node("n1");
      const disk = await node.addDisk("256Mi");
      expect(disk).toEqual({
        name: "disk2",
        device: "/dev/ubdc",
        link: "/dev/disk/by-id/virtio-n1-disk2",
      });
      const size = await node.exec(["blockdev", "--getsize64", disk.link]);
      expect(size.stdout).toBe(`${256 * 1024 ** 2}\n`);
      await node.exec(["vgcreate", "spare", disk.device]);
      await node.exec(["lvcreate", "--yes", "--size", "64M", "--name", "busy", "spare"]);
      await expect(node.pullDisk(disk.name)).rejects.toMatchObject({ code: "disk_busy" });
      await node.exec(["vgchange", "--activate", "n", "spare"]);
      await node.pullDisk(disk.name);
      expect((await node.tryExec(["vgs", "spare"])).exitCode).not.toBe(0);
      await node.plugDisk(disk.name);
      await node.exec(["vgs", "spare"]);
      await node.exec(["vgremove", "--force", "spare"]);
    },
  );

  test("what was on a disk is there after a power cut", { timeout: limits.step }, async () => {
    const node = cluster.node("n1");
    const script = (text: string) => node.exec(["sh", "-ec", text]);
    await script(`vgcreate data /dev/ubdb
      lvcreate --yes --size 128M --name kept data
      mkfs.ext4 -q /dev/data/kept
      mount /dev/data/kept /mnt
      echo kept >/mnt/file
      sync`);
    await node.powerCut();
    await expect(node.exec(["true"])).rejects.toMatchObject({ code: "process_died" });
    await node.boot();
    await node.ready();
    const { stdout } = await script(`vgchange --activate y data >/dev/null
      mount /dev/data/kept /mnt
      cat /mnt/file
      umount /mnt
      vgremove --force data >/dev/null 2>&1`);
    expect(stdout).toBe("kept\n");
  });

  test(
    "a node that panics while it boots is started once more, and its console says why",
    { timeout: limits.step },
    async () => {
      const node = cluster.node("n1");
      await node.powerCut();
      const image = path.join(path.dirname(node.logFile("console")), "state.img");
      const lock = spawn("perl", ["-MFcntl", "-e", lockForEver, image], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      onTestFinished(() => void lock.kill("SIGKILL"));
      await once(lock.stdout, "data");
      const warned = once(process, "warning");
      const booted = node.boot();
      const [warning] = (await warned) as [Error];
      lock.kill("SIGKILL");
      // 7.2 ends at the locked disk itself, 6.1 without it.
      expect(warning.message).toMatch(
        /Failed to lock '.*state\.img'|node-init: mount \/dev\/ubda \/run\/state failed/,
      );
      await booted;
      await node.ready();
    },
  );

  test(
    "a node takes disks after a power cut whose machine still seems to live",
    { timeout: limits.step },
    async () => {
      const node = cluster.node("n1");
      await node.powerCut();
      // What an unreaped machine looks like to the next one: its number is that of a process.
      const own = path.dirname(node.logFile("console"));
      await writeFile(path.join(own, "../../uml/n1/pid"), `${process.pid}\n`);
      await node.boot();
      const disk = await node.addDisk("64Mi");
      await node.exec(["blockdev", "--getsize64", disk.link]);
      await node.pullDisk(disk.name);
      await node.ready();
    },
  );

  test(
    "the scheduler stops, starts, and takes another configuration",
    { timeout: limits.step },
    async () => {
      const { controlPlane } = cluster;
      await controlPlane.stop("kube-scheduler");
      await expect(controlPlane.isRunning("kube-scheduler")).resolves.toBe(false);
      await controlPlane.start("kube-scheduler");
      await controlPlane.restartScheduler({ profiles: [{ schedulerName: "other" }] });
      await expect(
        controlPlane.restartScheduler({ profiles: [{ schedulerName: 7 }] }),
      ).rejects.toThrow(/last lines of .*kube-scheduler\.log[^]*schedulerName/);
      await expect(controlPlane.restartScheduler({ kind: "Pod" })).rejects.toMatchObject({
        code: "scheduler_configuration_invalid",
      });
      await controlPlane.restartScheduler({});
    },
  );

  test("a component that is gone is told with the end of its log", async () => {
    const { controlPlane } = cluster;
    await controlPlane.kill("kube-controller-manager");
    await expect(controlPlane.ready("kube-controller-manager")).rejects.toThrow(
      /kube-controller-manager ended\nlast lines of/,
    );
    await controlPlane.start("kube-controller-manager");
  });

  test("down leaves no process, namespace, mount or device", { timeout: limits.step }, async () => {
    expect(await tracesOf(name)).not.toEqual([]);
    await cluster.down();
    expect(await tracesOf(name)).toEqual([]);
    expect(await hostDevices()).toEqual(devicesBefore);
    await expect(Cluster.attach(name)).rejects.toMatchObject({ code: "not_running" });
  });
});

test(
  "what is left when `up` itself is killed goes with `remove`",
  { timeout: limits.up },
  async () => {
    const orphan = "cluster-orphan";
    const command = path.join(import.meta.dirname, "../../cluster/src/main.ts");
    const child = spawn(process.execPath, [command, "up", "--name", orphan, "--nodes", "1"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    for await (const line of createInterface({ input: child.stderr })) {
      if (line.startsWith("Network and certificates:")) break;
    }
    child.kill("SIGKILL");
    await once(child, "exit");
    try {
      expect(await tracesOf(orphan)).not.toEqual([]);
    } finally {
      await Cluster.remove(orphan);
    }
    expect(await tracesOf(orphan)).toEqual([]);
  },
);
