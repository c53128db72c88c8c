import type { UserAction } from "../actions.ts";
import { keyIn } from "../cluster.ts";
import type { Notes } from "../doing.ts";
import { livingClaims, pickNth, userNamespace as namespace, userPods } from "../doing.ts";
import type { PodWire } from "../wire.ts";
import { claimKeysOf } from "../wire-facts.ts";
import type { World } from "../world.ts";

/** Users make, delete and grow what they use, at any moment. */
export const doAsUser = (action: UserAction, world: World, notes: Notes): void => {
  const { cluster } = world;
  switch (action.kind) {
    case "create_pod": {
      notes.pods += 1;
      const name = `p${notes.pods}`;
      const volumes = action.claims.map(
        ({ mebibytes, storageClass, mode, lifetime }, index): PodVolume => {
          const spec = {
            storageClassName: storageClass,
            volumeMode: mode,
            accessModes: ["ReadWriteOnce"],
            resources: { requests: { storage: `${mebibytes}Mi` } },
          };
          if (lifetime === "pod's") {
            return { name: `${index}`, ephemeral: { volumeClaimTemplate: { spec } } };
          }
          const claim = `${name}-${index}`;
          const metadata = { namespace, name: claim };
          cluster.create("user", "persistentvolumeclaims", { metadata, spec });
          return volumeOf(claim);
        },
      );
      createPod(world, name, volumes);
      return;
    }
    case "pod_again": {
      const used = new Set(cluster.all("pods").flatMap(claimKeysOf));
      const free = livingClaims(world).filter(
        (claim) => !used.has(keyIn(claim)) && claim.metadata["ownerReferences"] === undefined,
      );
      const claim = pickNth(free, action.nth);
      if (claim === undefined) return;
      notes.pods += 1;
      createPod(world, `p${notes.pods}`, [volumeOf(claim.metadata.name)]);
      return;
    }
    case "delete_pod":
    case "delete_both": {
      const pod = pickNth(userPods(world), action.nth);
      if (pod === undefined) return;
      for (const key of action.kind === "delete_both" ? claimKeysOf(pod) : []) {
        cluster.delete("user", "persistentvolumeclaims", key);
      }
      cluster.delete("user", "pods", keyIn(pod));
      return;
    }
    case "delete_claim": {
      const claim = pickNth(livingClaims(world), action.nth);
      if (claim !== undefined) cluster.delete("user", "persistentvolumeclaims", keyIn(claim));
      return;
    }
    case "grow_claim": {
      const bound = livingClaims(world).filter(({ spec }) => (spec.volumeName ?? "") !== "");
      const claim = pickNth(bound, action.nth);
      if (claim === undefined) return;
      const before = Number.parseInt(claim.spec.resources.requests.storage, 10);
      const storage = `${before + action.mebibytes}Mi`;
      cluster.change("user", "persistentvolumeclaims", keyIn(claim), (now) => ({
        ...now,
        spec: { ...now.spec, resources: { requests: { storage } } },
      }));
    }
  }
};

type PodVolume = PodWire["spec"]["volumes"][number];

const volumeOf = (claimName: string): PodVolume => ({
  name: claimName,
  persistentVolumeClaim: { claimName },
});

const createPod = ({ cluster }: World, name: string, volumes: readonly PodVolume[]): void => {
  cluster.create("user", "pods", { metadata: { namespace, name }, spec: { volumes } });
};
