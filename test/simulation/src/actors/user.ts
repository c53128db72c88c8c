import type { UserAction } from "../actions.ts";
import { keyIn } from "../cluster.ts";
import type { Notes } from "../doing.ts";
import { livingClaims, pickNth, userNamespace as namespace, userPods } from "../doing.ts";
import type { World } from "../world.ts";

/** Users make, delete and grow what they use, at any moment. */
export const doAsUser = (action: UserAction, world: World, notes: Notes): void => {
  const { cluster } = world;
  switch (action.kind) {
    case "create_pod": {
      notes.pods += 1;
      const name = `p${notes.pods}`;
      const names = action.claims.map(({ mebibytes, storageClass, mode }, index) => {
        const claim = `${name}-${index}`;
        cluster.create("user", "persistentvolumeclaims", {
          metadata: { namespace, name: claim },
          spec: {
            storageClassName: storageClass,
            volumeMode: mode,
            accessModes: ["ReadWriteOnce"],
            resources: { requests: { storage: `${mebibytes}Mi` } },
          },
        });
        return claim;
      });
      createPod(world, name, names);
      return;
    }
    case "pod_again": {
      const used = new Set(
        cluster.all("pods").flatMap((pod) => pod.spec.volumes.map(({ name }) => name)),
      );
      const free = livingClaims(world).filter(({ metadata }) => !used.has(metadata.name));
      const claim = pickNth(free, action.nth);
      if (claim === undefined) return;
      notes.pods += 1;
      createPod(world, `p${notes.pods}`, [claim.metadata.name]);
      return;
    }
    case "delete_pod":
    case "delete_both": {
      const pod = pickNth(userPods(world), action.nth);
      if (pod === undefined) return;
      for (const { name } of action.kind === "delete_both" ? pod.spec.volumes : []) {
        cluster.delete("user", "persistentvolumeclaims", `${namespace}/${name}`);
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

const createPod = ({ cluster }: World, name: string, claims: readonly string[]): void => {
  cluster.create("user", "pods", {
    metadata: { namespace, name },
    spec: {
      volumes: claims.map((claim) => ({
        name: claim,
        persistentVolumeClaim: { claimName: claim },
      })),
    },
  });
};
