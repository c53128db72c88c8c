import type { Claim, NodeLocalStorage } from "@stowage/api";
import {
  claims,
  nodeLocalStorages,
  podPlacements,
  provisionerName,
  storageClasses,
} from "@stowage/api";
import { print } from "../output/print.ts";
import { ifReadable } from "../resources.ts";
import type { Root, Session } from "../root-command.ts";
import { connectTo, examples } from "../root-command.ts";
import { usedRooms } from "./used-room.ts";
import { volumesTable } from "./volumes-table.ts";
import { volumesView } from "./volumes-view.ts";

export const addVolumes = (root: Root, session: Session): void => {
  root
    .command("volumes")
    .description("Show claims with their pod, node, size, and how full they are.")
    .option("-A, --all-namespaces", "of all namespaces")
    .addHelpText(
      "after",
      examples(
        ["kubectl stowage volumes", "the volumes of the current namespace"],
        ["kubectl stowage volumes -A", "all volumes"],
      ),
    )
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const { client, namespace, getText } = await connectTo(session, options);
      const place = options.allNamespaces === true ? {} : { namespace };
      const [groups, classes, allClaims, pods] = await Promise.all([
        client.list(nodeLocalStorages),
        client.list(storageClasses),
        client.list(ifReadable(claims), place),
        client.list(podPlacements, place),
      ]);
      const ours = new Set(
        classes.items
          .filter(({ provisioner }) => provisioner === provisionerName)
          .map(({ metadata }) => metadata.name),
      );
      const seen = {
        groups: groups.items.map((group) => within(group, place.namespace)),
        claims: allClaims.items
          .filter((claim) => claim !== undefined)
          .filter((claim) => ours.has(claim.spec.storageClassName ?? "")),
        pods: pods.items,
      };
      const { rooms, untold } = await usedRooms({ getText }, nodesWith(seen.groups, seen.claims));
      const scope = options.allNamespaces === true ? "all_namespaces" : "one_namespace";
      const view = volumesView({ ...seen, rooms });
      print(session.host, options.output, view, volumesTable(scope));
      for (const { node, why } of untold) {
        session.host.err(`used: unknown for volumes of ${node}: ${why}`);
      }
    });
};

/** The group with only the entries whose claims are of the namespace; all where none is given. */
const within = (group: NodeLocalStorage, namespace: string | undefined): NodeLocalStorage =>
  namespace === undefined
    ? group
    : {
        ...group,
        spec: {
          ...group.spec,
          volumes: group.spec.volumes.filter(({ claim }) => claim?.namespace === namespace),
        },
      };

/** Where volumes may be mounted: the other kubelets need not be asked. */
const nodesWith = (
  groups: readonly NodeLocalStorage[],
  bound: readonly Pick<Claim, "spec">[],
): string[] => {
  const names = new Set(bound.map(({ spec }) => spec.volumeName));
  return [
    ...new Set(
      groups
        .filter(({ spec }) => spec.volumes.some(({ name }) => names.has(name)))
        .map(({ spec }) => spec.nodeName),
    ),
  ];
};
