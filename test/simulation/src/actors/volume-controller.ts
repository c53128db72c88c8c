import { annotations } from "@stowage/api";
import type { ClusterState } from "../cluster.ts";
import { annotated, isGoing, keyIn, withFinalizers } from "../cluster.ts";
import { claimProtection, kubeletFinalizer, volumeProtection } from "../kinds.ts";
import type { Random } from "../random.ts";
import type { ClaimWire, VolumeWire } from "../wire.ts";
import { claimKeysOf } from "../wire-facts.ts";

const me = "kube-controllers";
const bindCompleted = "pv.kubernetes.io/bind-completed";

type Act = () => void;
type Owners = readonly { readonly uid: string }[];

/**
 * The controllers of kube-controller-manager that volumes meet: the PV controller, the protection of
 * claims and PersistentVolumes in use, the claims of ephemeral volumes, garbage collection. One small
 * write at a time, in any order.
 * Source: k/k pkg/controller/volume/persistentvolume/pv_controller.go.
 */
export class VolumeController {
  readonly #cluster: ClusterState;
  readonly #random: Random;

  constructor(cluster: ClusterState, random: Random) {
    this.#cluster = cluster;
    this.#random = random;
  }

  look(): "again" | "idle" {
    const acts = [
      ...this.#forClaims(),
      ...this.#forVolumes(),
      ...this.#forPods(),
      ...this.#forEphemeralVolumes(),
      ...this.#forCapacities(),
    ];
    const act = this.#random.pick(acts);
    act?.();
    return acts.length > 1 ? "again" : "idle";
  }

  #forClaims(): Act[] {
    const pods = this.#cluster.all("pods");
    const used = new Set(pods.flatMap(claimKeysOf));
    return this.#cluster.all("persistentvolumeclaims").flatMap((claim): Act[] => {
      const key = keyIn(claim);
      const release =
        isGoing(claim) && !used.has(key)
          ? [this.#without("persistentvolumeclaims", key, claimProtection)]
          : [];
      const owner = claim.metadata["ownerReferences"] as Owners | undefined;
      const isOrphan =
        !isGoing(claim) &&
        owner?.some(({ uid }) => pods.every(({ metadata }) => metadata.uid !== uid)) === true;
      const collect = isOrphan
        ? [() => this.#cluster.delete(me, "persistentvolumeclaims", key)]
        : [];
      // A claim that is deleted and still in use is bound all the same.
      return release.concat(collect, this.#bind(claim, key));
    });
  }

  #without(plural: "persistentvolumeclaims" | "persistentvolumes", key: string, name: string): Act {
    return () =>
      this.#cluster.change(me, plural, key, (object) =>
        withFinalizers(object, (all) => all.filter((other) => other !== name)),
      );
  }

  #bind(claim: ClaimWire, key: string): Act[] {
    const cluster = this.#cluster;
    const { volumeName = "", storageClassName } = claim.spec;
    const { uid } = claim.metadata;
    const storageClass = cluster.get("storageclasses", storageClassName);
    if (volumeName === "") {
      const volume = cluster.all("persistentvolumes").find(({ spec }) => spec.claimRef.uid === uid);
      if (volume !== undefined && !isGoing(volume)) {
        if (volume.status.phase !== "Bound") {
          return [() => this.#phase(volume, "Bound")];
        }
        return [
          () =>
            cluster.change(me, "persistentvolumeclaims", key, (now) =>
              now.metadata.uid === uid
                ? annotated(
                    { ...now, spec: { ...now.spec, volumeName: volume.metadata.name } },
                    { [bindCompleted]: "yes" },
                  )
                : now,
            ),
        ];
      }
      const provisioner = storageClass?.provisioner;
      const isAsked =
        storageClass?.volumeBindingMode === "Immediate" ||
        claim.metadata.annotations?.[annotations.selectedNode] !== undefined;
      const isTold = claim.metadata.annotations?.[annotations.storageProvisioner] === provisioner;
      if (provisioner === undefined || !isAsked || isTold) return [];
      return [
        () =>
          cluster.change(me, "persistentvolumeclaims", key, (now) =>
            annotated(now, {
              [annotations.storageProvisioner]: provisioner,
              [annotations.betaStorageProvisioner]: provisioner,
            }),
          ),
      ];
    }
    const volume = cluster.get("persistentvolumes", volumeName);
    const phase = volume === undefined ? "Lost" : "Bound";
    if (claim.status.phase === phase) return [];
    return [
      () =>
        cluster.change(
          me,
          "persistentvolumeclaims",
          key,
          (now) => ({
            ...now,
            status: {
              ...now.status,
              phase,
              ...(volume === undefined ? {} : { capacity: volume.spec.capacity }),
            },
          }),
          "status",
        ),
    ];
  }

  #phase(volume: VolumeWire, phase: string): void {
    this.#cluster.change(
      me,
      "persistentvolumes",
      volume.metadata.name,
      (now) => ({ ...now, status: { ...now.status, phase } }),
      "status",
    );
  }

  #forVolumes(): Act[] {
    const cluster = this.#cluster;
    return cluster.all("persistentvolumes").flatMap((volume): Act[] => {
      const { claimRef } = volume.spec;
      const claim = cluster.get("persistentvolumeclaims", `${claimRef.namespace}/${claimRef.name}`);
      const isClaimed = claim?.metadata.uid === claimRef.uid;
      const acts: Act[] = [];
      if (!isClaimed && volume.status.phase !== "Released") {
        acts.push(() => this.#phase(volume, "Released"));
      }
      const isProtected = volume.metadata.finalizers?.includes(volumeProtection) === true;
      if (isGoing(volume) && isProtected && volume.status.phase !== "Bound") {
        acts.push(this.#without("persistentvolumes", volume.metadata.name, volumeProtection));
      }
      return acts;
    });
  }

  /** Pods of nodes that are gone. */
  #forPods(): Act[] {
    const cluster = this.#cluster;
    return cluster.all("pods").flatMap((pod): Act[] => {
      const { nodeName } = pod.spec;
      if (nodeName === undefined || cluster.get("nodes", nodeName) !== undefined) return [];
      const key = keyIn(pod);
      return [
        () => {
          cluster.change(me, "pods", key, (now) =>
            withFinalizers(now, (all) => all.filter((name) => name !== kubeletFinalizer)),
          );
          cluster.delete(me, "pods", key);
        },
      ];
    });
  }

  /** A claim for each ephemeral volume that has none. Source: k/k pkg/controller/volume/ephemeral. */
  #forEphemeralVolumes(): Act[] {
    const cluster = this.#cluster;
    return cluster.all("pods").flatMap((pod): Act[] => {
      if (isGoing(pod)) return [];
      const { name, namespace, uid } = pod.metadata;
      const keys = claimKeysOf(pod);
      return pod.spec.volumes.flatMap(({ ephemeral }, index): Act[] => {
        const key = keys[index] ?? "";
        if (ephemeral === undefined || cluster.get("persistentvolumeclaims", key) !== undefined) {
          return [];
        }
        const metadata = {
          namespace,
          name: key.slice(`${namespace}/`.length),
          ownerReferences: [{ apiVersion: "v1", kind: "Pod", name, uid, controller: true }],
        };
        const { spec } = ephemeral.volumeClaimTemplate;
        return [() => cluster.create(me, "persistentvolumeclaims", { metadata, spec })];
      });
    });
  }

  #forCapacities(): Act[] {
    const cluster = this.#cluster;
    return cluster.all("csistoragecapacities").flatMap((object): Act[] => {
      const owners = (object.metadata["ownerReferences"] ?? []) as Owners;
      const isOwned = owners.every(({ uid }) =>
        cluster.all("nodelocalstorages").some(({ metadata }) => metadata.uid === uid),
      );
      return isOwned ? [] : [() => cluster.delete(me, "csistoragecapacities", keyIn(object))];
    });
  }
}
