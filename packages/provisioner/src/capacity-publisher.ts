import type { CsiStorageCapacity, Node, NodeLocalStorage, StorageClass } from "@stowage/api";
import {
  csiStorageCapacities,
  nodeLocalStorageName,
  parseClassParameters,
  provisionerName,
} from "@stowage/api";
import type { Bytes } from "@stowage/capacity";
import { bytes, noBytes } from "@stowage/capacity";
import type { Clock, Moment } from "@stowage/clock";
import { minutes, seconds } from "@stowage/clock";
import type { KubeClient, Next, WorkQueue } from "@stowage/kube";
import { again, done, isKubeError } from "@stowage/kube";
import type { Caches } from "./caches.ts";
import type { CapacityRole, CapacityWish } from "./capacity-object.ts";
import {
  capacityElsewhere,
  capacityName,
  capacityOf,
  commonRoom,
  isSampled,
  roomOf,
} from "./capacity-object.ts";
import type { Decrease } from "./plan-capacity.ts";
import { planCapacity } from "./plan-capacity.ts";

type CapacityEdge = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly caches: Caches;
  readonly group: (name: string) => NodeLocalStorage | undefined;
  readonly namespace: string;
  readonly queue: WorkQueue;
};

/** Before the first reading of any clock, which may be zero. */
const longAgo = (0 - minutes(60)) as Moment;

/** How often it is worked out anew which claims pass everywhere: it takes a look at all groups. */
const beyondPeriod = seconds(10);

/** What a published object is about; "" stands for all nodes. */
type Subject = { readonly className: string; readonly groupName: string };

/**
 * Publishes each class's room on each node as CSIStorageCapacity, for kube-scheduler's own check
 * and to wake pods that wait for room: a change of a custom resource wakes nobody.
 */
export class CapacityPublisher {
  readonly #edge: CapacityEdge;
  readonly #subjects = new Map<string, Subject>();
  readonly #decreases = new Map<string, Decrease>();
  #isSampled: boolean;
  /** By class: claims beyond this size are pruned. */
  readonly #beyond = new Map<string, Bytes>();

  constructor(edge: CapacityEdge) {
    this.#edge = edge;
    this.#isSampled = isSampled(edge.caches.nodes.size);
  }

  /** Looks at all that concerns one group. */
  seeGroup({ metadata }: NodeLocalStorage): void {
    for (const storageClass of this.#edge.caches.storageClasses.list()) {
      if (storageClass.provisioner !== provisionerName) continue;
      this.#add({ className: storageClass.metadata.name, groupName: metadata.name });
    }
  }

  /** Looks at all that concerns one class. */
  seeClass({ metadata, provisioner }: StorageClass): void {
    if (provisioner !== provisionerName) return;
    for (const group of this.#edge.caches.groups.list()) {
      this.#add({ className: metadata.name, groupName: group.metadata.name });
    }
    this.#add({ className: metadata.name, groupName: "" });
  }

  /**
   * Looks at what concerns a node that came or went, or changed its labels; at everything once there are
   * so many nodes that the objects mean something else, or so few again.
   */
  seeNode({ metadata }: Node): void {
    const { caches } = this.#edge;
    const wasSampled = this.#isSampled;
    this.#isSampled = isSampled(caches.nodes.size);
    for (const storageClass of caches.storageClasses.list()) {
      if (this.#isSampled === wasSampled) this.#seeNodeOf(storageClass, metadata.name);
      else this.seeClass(storageClass);
    }
  }

  /** Looks at what a class has on one node, and at what is published of all others. */
  #seeNodeOf(storageClass: StorageClass, nodeName: string): void {
    if (storageClass.provisioner !== provisionerName) return;
    const parsed = parseClassParameters(storageClass);
    if (parsed.kind === "invalid") return;
    const className = storageClass.metadata.name;
    const groupName = nodeLocalStorageName(nodeName, parsed.parameters.volumeGroup);
    for (const name of [groupName, ""]) this.#add({ className, groupName: name });
  }

  /** An object that was published, perhaps for something that is gone by now. */
  seePublished({ metadata }: CsiStorageCapacity): void {
    this.#edge.queue.add(metadata.name);
  }

  #add(subject: Subject): void {
    const name = capacityName(subject.className, subject.groupName);
    this.#subjects.set(name, subject);
    this.#edge.queue.add(name);
  }

  /** Publishes a group's room as it is now, decreases too: a claim is about to be placed anew. */
  async publishNow(groupName: string): Promise<void> {
    for (const { metadata } of this.#edge.caches.storageClasses.list()) {
      const name = capacityName(metadata.name, groupName);
      if (!this.#subjects.has(name)) continue;
      const lowest = this.#decreases.get(name)?.lowest ?? this.#wishOf(name)?.capacity ?? noBytes;
      this.#decreases.set(name, { since: longAgo, lowest });
      await this.reconcile(name);
    }
  }

  /** Brings one published object in line with what is so. */
  async reconcile(name: string): Promise<Next> {
    const { client, clock, caches, namespace } = this.#edge;
    const isAboutAll = this.#subjects.get(name)?.groupName === "" && isSampled(caches.nodes.size);
    if (isAboutAll) this.#moveBeyond(name);
    const wish = this.#wishOf(name);
    const published = caches.capacities.get(`${namespace}/${name}`);
    const decrease = this.#decreases.get(name);
    const step = planCapacity(name, wish, published, clock.moment(), decrease);
    if (step?.kind === "look_again" && wish !== undefined) {
      const { since, lowest } = decrease ?? { since: clock.moment(), lowest: wish.capacity };
      this.#decreases.set(name, { since, lowest: bytes(Math.min(lowest, wish.capacity)) });
      return again(isAboutAll ? beyondPeriod : step.after);
    }
    this.#decreases.delete(name);
    if (wish === undefined) this.#subjects.delete(name);
    try {
      if (step?.kind === "create") {
        const object = step.object as { readonly metadata: object };
        const metadata = { ...object.metadata, namespace };
        await client.create(csiStorageCapacities, { ...object, metadata });
      } else if (step?.kind === "update") {
        const patch = { kind: "merge", body: step.body } as const;
        await client.patch(csiStorageCapacities, { namespace, name }, patch);
      } else if (step?.kind === "delete") {
        await client.delete(csiStorageCapacities, { namespace, name });
      }
    } catch (error) {
      // The informer is a moment behind; its event brings the object back here.
      if (!isKubeError(error, "not_found", "already_exists")) throw error;
    }
    return isAboutAll && wish !== undefined ? again(beyondPeriod) : done;
  }

  /** Works out which claims of a class pass everywhere; if others do now, looks at all its objects. */
  #moveBeyond(name: string): void {
    const className = this.#subjects.get(name)?.className ?? "";
    const storageClass = this.#edge.caches.storageClasses.get(className);
    if (storageClass === undefined) {
      this.#beyond.delete(className);
      return;
    }
    const before = this.#beyond.get(className);
    const now = this.#beyondOf(storageClass);
    this.#beyond.set(className, now);
    if (before === undefined || before === now) return;
    for (const [other, subject] of this.#subjects) {
      if (subject.className === className && other !== name) this.#edge.queue.add(other);
    }
  }

  #beyondOf(storageClass: StorageClass): Bytes {
    const { caches } = this.#edge;
    const parsed = parseClassParameters(storageClass);
    if (parsed.kind === "invalid") return noBytes;
    const rooms: Bytes[] = [];
    for (const { metadata, spec } of caches.groups.list()) {
      if (spec.volumeGroup !== parsed.parameters.volumeGroup) continue;
      const group = this.#edge.group(metadata.name);
      if (group !== undefined) rooms.push(roomOf(group));
    }
    return commonRoom(rooms, caches.nodes.size);
  }

  #roleOf(storageClass: StorageClass): CapacityRole {
    if (!isSampled(this.#edge.caches.nodes.size)) return { kind: "wakes" };
    const { name } = storageClass.metadata;
    const beyond = this.#beyond.get(name) ?? this.#beyondOf(storageClass);
    this.#beyond.set(name, beyond);
    return { kind: "prunes", beyond };
  }

  #wishOf(name: string): CapacityWish | undefined {
    const { caches } = this.#edge;
    const subject = this.#subjects.get(name);
    const storageClass = caches.storageClasses.get(subject?.className ?? "");
    if (subject === undefined || storageClass?.provisioner !== provisionerName) return undefined;
    const role = this.#roleOf(storageClass);
    if (subject.groupName === "") return capacityElsewhere(storageClass, role);
    const group = this.#edge.group(subject.groupName);
    const parsed = parseClassParameters(storageClass);
    if (group === undefined || parsed.kind === "invalid") return undefined;
    if (parsed.parameters.volumeGroup !== group.spec.volumeGroup) return undefined;
    return capacityOf(storageClass, group, caches.nodes.get(group.spec.nodeName), role);
  }
}
