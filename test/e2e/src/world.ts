import type { NodeLocalStorage } from "@stowage/api";
import { nodeLocalStorages } from "@stowage/api";
import { systemClock } from "@stowage/clock";
import type { KubeClient } from "@stowage/kube";
import { httpsTransport, isKubeError, loadCredentials, makeClient } from "@stowage/kube";
import { Cluster, patience, wholeLvmOf } from "@stowage/test-cluster";
import { randomBytes } from "node:crypto";
import { expect, vi } from "vitest";
import type { Kind, Plain } from "./kinds.ts";
import { at, kinds } from "./kinds.ts";
import { staysAsItIs, worldLabel } from "./kept-state.ts";

/** How long a test waits for something to become so: loaded machines are slow, never this slow. */
const soon = { timeout: 90_000, interval: 250 } as const;

type Waiting = { readonly timeout?: number; readonly interval?: number };

/** Calls `check` until it no longer throws; fails with its last error. */
export const eventually = <T>(check: () => Promise<T>, waiting: Waiting = {}): Promise<T> =>
  vi.waitFor(check, {
    timeout: (waiting.timeout ?? soon.timeout) * patience,
    interval: waiting.interval ?? soon.interval,
  });

const silent = (): void => undefined;

/**
 * One test file's part of the shared cluster: a namespace of its own, and volume groups that it
 * makes on disks which it leaves as it found them.
 */
export class World {
  readonly cluster: Cluster;
  readonly client: KubeClient;
  readonly namespace: string;
  readonly #groups = new Map<string, ReadonlySet<string>>();

  private constructor(cluster: Cluster, client: KubeClient, namespace: string) {
    this.cluster = cluster;
    this.client = client;
    this.namespace = namespace;
  }

  static async enter(subject: string): Promise<World> {
    const cluster = await Cluster.attach(process.env["STOWAGE_TEST_CLUSTER"]);
    return World.of(cluster, `${subject}-${randomBytes(3).toString("hex")}`);
  }

  /** A namespace of a cluster of the test file's own. */
  static async of(cluster: Cluster, namespace: string): Promise<World> {
    const credentials = await loadCredentials({ kubeconfig: cluster.kubeconfig });
    const client = makeClient({
      transport: httpsTransport(credentials),
      clock: systemClock,
      random: Math.random,
      log: { debug: silent, info: silent, warn: silent, error: silent },
    });
    const world = new World(cluster, client, namespace);
    const labels = { [worldLabel]: "" };
    await world.create({ kind: "Namespace", metadata: { name: namespace, labels } });
    return world;
  }

  async create(object: Plain): Promise<Plain> {
    const kind = object["kind"] as Kind;
    const resource = kinds[kind];
    const metadata =
      resource.scope === "namespaced"
        ? { namespace: this.namespace, ...(object["metadata"] as Plain) }
        : object["metadata"];
    return this.client.create(resource, { ...object, metadata });
  }

  get(kind: Kind, name: string): Promise<Plain | undefined> {
    return this.client.find(kinds[kind], this.#nameOf(kind, name));
  }

  async list(kind: Kind): Promise<Plain[]> {
    const { items } = await this.client.list(
      kinds[kind],
      kinds[kind].scope === "namespaced" ? { namespace: this.namespace } : {},
    );
    return items;
  }

  async merge(kind: Kind, name: string, body: Plain): Promise<Plain> {
    return this.client.patch(kinds[kind], this.#nameOf(kind, name), { kind: "merge", body });
  }

  /** Deletes and waits until the object is gone; an object that is not there is fine. */
  async delete(kind: Kind, name: string): Promise<void> {
    try {
      await this.client.delete(kinds[kind], this.#nameOf(kind, name));
    } catch (error) {
      if (!isKubeError(error, "not_found")) throw error;
    }
    await eventually(async () => expect(await this.get(kind, name)).toBeUndefined());
  }

  #nameOf(kind: Kind, name: string): { name: string; namespace?: string } {
    return kinds[kind].scope === "namespaced" ? { name, namespace: this.namespace } : { name };
  }

  /** Waits until the value at `path` of an object is as wanted; a failure shows the whole object. */
  async until(kind: Kind, name: string, expected: Plain, options: Waiting = {}): Promise<Plain> {
    return eventually(async () => {
      const object = await this.get(kind, name);
      expect(object).toMatchObject(expected);
      return object ?? {};
    }, options);
  }

  async running(pod: string, options: Waiting = {}): Promise<Plain> {
    return this.until("Pod", pod, { status: { phase: "Running" } }, options);
  }

  /** The messages of all events on an object, oldest first. */
  async messages(kind: Kind, name: string): Promise<string[]> {
    const events = await this.list("Event");
    return events
      .filter(
        (event) =>
          at(event, "involvedObject.kind") === kind && at(event, "involvedObject.name") === name,
      )
      .map((event) => String(event["message"]));
  }

  /** Runs a command in a pod's container and returns its stdout. */
  async inPod(pod: string, script: string): Promise<string> {
    return this.cluster.kubectl(["-n", this.namespace, "exec", pod, "--", "sh", "-c", script]);
  }

  /**
   * Runs a command on a node and returns its stdout, trimmed. LVM sees every disk there and
   * can change it, also where the host's own configuration is in its way: node.exec is as on the host.
   */
  async onNode(name: string, script: string): Promise<string> {
    const node = this.cluster.node(name);
    const env = wholeLvmOf(await node.host());
    const { stdout } = await node.exec(["sh", "-c", script], { env });
    return stdout.trim();
  }

  /** Creates a StorageClass with groups on these nodes' disks, and waits until they are Ready. */
  async storageClass(object: Plain, nodes: readonly string[]): Promise<void> {
    const name = String(at(object, "metadata.name"));
    this.#groups.set(name, new Set(nodes));
    await this.create(object);
    for (const node of nodes) await this.groupReady(node, name);
  }

  /** Waits for a group that something else makes on one more node, and has it removed in the end. */
  async groupAlsoOn(node: string, group: string): Promise<void> {
    this.#groups.set(group, new Set([...(this.#groups.get(group) ?? []), node]));
    await this.groupReady(node, group);
  }

  /** The name of a bound claim's PersistentVolume, which is its logical volume's too. */
  async volumeOf(claim: string): Promise<string> {
    return String(at(await this.get("PersistentVolumeClaim", claim), "spec.volumeName"));
  }

  /** The object of a group, read as Stowage's programs read it: sizes in bytes. */
  async group(node: string, group: string): Promise<NodeLocalStorage> {
    return this.client.get(nodeLocalStorages, { name: `${node}.${group}` });
  }

  /** What the report on a group says of disks and volumes, whichever generation it is of. */
  async seenOn(node: string, group: string): Promise<object> {
    const { capacity, allocatable, free, devices, volumes, orphans } = (
      await this.group(node, group)
    ).status;
    return { capacity, allocatable, free, devices, volumes, orphans };
  }

  /** With every disk in it that it can have: they are added one by one. */
  async groupReady(node: string, group: string): Promise<Plain> {
    return this.until("NodeLocalStorage", `${node}.${group}`, {
      status: {
        conditions: expect.arrayContaining([ready]),
        devices: expect.not.arrayContaining([expect.objectContaining({ reason: "NotAdded" })]),
      },
    });
  }

  /** The names of the logical volumes in a group, as LVM itself tells them. */
  async logicalVolumes(node: string, group: string): Promise<string[]> {
    const text = await this.onNode(
      node,
      `lvs --noheadings -o lv_name ${group} 2>/dev/null || true`,
    );
    return text.split(/\s+/).filter((name) => name !== "");
  }

  /** Removes the file's pods and claims; fails if Stowage leaves a volume of theirs behind. */
  async clear(): Promise<void> {
    if (staysAsItIs()) return;
    await Promise.all((await this.list("Pod")).map((pod) => this.delete("Pod", nameOf(pod))));
    const claims = await this.list("PersistentVolumeClaim");
    await Promise.all(claims.map((made) => this.delete("PersistentVolumeClaim", nameOf(made))));
    await eventually(async () => expect(await this.#volumesLeft()).toEqual([]));
    for (const [group, nodes] of this.#groups) {
      for (const node of nodes) {
        await eventually(async () => {
          const object = await this.get("NodeLocalStorage", `${node}.${group}`);
          expect(at(object, "spec.volumes") ?? []).toEqual([]);
        });
      }
    }
  }

  /** Removes all that the file made, and makes the disks empty again. */
  async leave(): Promise<void> {
    if (staysAsItIs()) return;
    try {
      await this.clear();
    } finally {
      // Also after a failure: the next file wants the same disks.
      for (const [group, nodes] of this.#groups) await this.#removeGroup(group, nodes);
      await this.client.delete(kinds.Namespace, { name: this.namespace });
    }
  }

  async #volumesLeft(): Promise<string[]> {
    const volumes = await this.list("PersistentVolume");
    return volumes
      .filter((volume) => this.#groups.has(String(at(volume, "spec.storageClassName"))))
      .map(nameOf);
  }

  async #removeGroup(group: string, nodes: ReadonlySet<string>): Promise<void> {
    await this.delete("StorageClass", group);
    for (const node of nodes) {
      const name = `${node}.${group}`;
      await this.delete("NodeLocalStorage", name);
      await this.onNode(
        node,
        `disks=$(pvs --noheadings -o pv_name -S vg_name=${group}); if [ -n "$disks" ]; then vgremove --force --yes ${group} && pvremove --yes $disks; fi`,
      );
    }
  }
}

const nameOf = (object: Plain): string => String(at(object, "metadata.name"));

const ready: unknown = expect.objectContaining({ type: "Ready", status: "True" });
