import type { ClassParameters, NodeLocalStorage } from "@stowage/api";
import { annotations, groupLabels, nodeLocalStorageName } from "@stowage/api";
import type { JsonPatchOperation } from "@stowage/kube";

/** What a class's `nodes` parameter asks to be done to the NodeLocalStorages. */
export type ClassStep =
  | { readonly kind: "create"; readonly object: object; readonly name: string }
  | {
      readonly kind: "add_devices";
      readonly name: string;
      readonly devices: readonly string[];
      readonly operations: readonly JsonPatchOperation[];
    }
  | { readonly kind: "refuse"; readonly why: string }
  /** The class says less than it did: nothing is changed, and that is said. */
  | { readonly kind: "keep"; readonly why: string };

/**
 * Makes groups and adds devices; takes nothing away. A device that a class no longer names stays in
 * its group, and a NodeLocalStorage that an admin wrote is joined, not overwritten.
 */
export const planClass = (
  className: string,
  parameters: ClassParameters,
  groups: readonly NodeLocalStorage[],
): ClassStep[] => [
  ...planNamed(className, parameters, groups),
  ...groups
    .filter(({ metadata }) => metadata.annotations[annotations.storageClass] === className)
    .flatMap((group) => planKept(parameters, group)),
];

/** What the class does not name any more of a group that was made for it. */
const planKept = (
  { nodes, volumeGroup }: ClassParameters,
  { metadata, spec }: NodeLocalStorage,
): ClassStep[] => {
  const named = nodes.filter(({ node }) => node === spec.nodeName);
  if (named.length === 0 || volumeGroup !== spec.volumeGroup) {
    return [
      {
        kind: "keep",
        why: `volume group ${spec.volumeGroup} of node ${spec.nodeName} is no longer named, and stays as it is; set spec.cordoned of NodeLocalStorage ${metadata.name} to keep new volumes off it`,
      },
    ];
  }
  const wanted = new Set(named.flatMap(({ devices }) => devices));
  return spec.devices
    .filter(({ path, evacuate }) => !wanted.has(path) && evacuate !== true)
    .map(({ path }) => ({
      kind: "keep",
      why: `${path} of node ${spec.nodeName} is no longer named, and stays in volume group ${spec.volumeGroup}; set evacuate on it in spec.devices of NodeLocalStorage ${metadata.name} to have it emptied and taken out`,
    }));
};

const planNamed = (
  className: string,
  parameters: ClassParameters,
  groups: readonly NodeLocalStorage[],
): ClassStep[] =>
  parameters.nodes.flatMap(({ node, devices }): ClassStep[] => {
    const name = nodeLocalStorageName(node, parameters.volumeGroup);
    const onNode = groups.filter(({ spec }) => spec.nodeName === node);
    const refusals: ClassStep[] = [];
    const wanted: string[] = [];
    for (const device of new Set(devices)) {
      const holder = onNode.find(
        ({ metadata, spec }) =>
          metadata.name !== name && spec.devices.some(({ path }) => path === device),
      );
      if (holder === undefined) wanted.push(device);
      else {
        refusals.push({
          kind: "refuse",
          why: `${device} of node ${node} already belongs to volume group ${holder.spec.volumeGroup}; name it in one of the two only`,
        });
      }
    }
    return [
      ...refusals,
      ...extend(
        className,
        name,
        { nodeName: node, volumeGroup: parameters.volumeGroup },
        wanted,
        onNode.find(({ metadata }) => metadata.name === name),
      ),
    ];
  });

const extend = (
  className: string,
  name: string,
  group: { readonly nodeName: string; readonly volumeGroup: string },
  wanted: readonly string[],
  existing: NodeLocalStorage | undefined,
): ClassStep[] => {
  if (existing === undefined) {
    if (wanted.length === 0) return [];
    const object = {
      metadata: {
        name,
        labels: groupLabels(group),
        annotations: { [annotations.storageClass]: className },
      },
      spec: { ...group, devices: wanted.map((path) => ({ path })) },
    };
    return [{ kind: "create", name, object }];
  }
  const known = new Set(existing.spec.devices.map(({ path }) => path));
  const missing = wanted.filter((path) => !known.has(path));
  if (missing.length === 0) return [];
  return [
    {
      kind: "add_devices",
      name,
      devices: missing,
      operations: [
        { op: "test", path: "/metadata/uid", value: existing.metadata.uid },
        { op: "test", path: "/metadata/generation", value: existing.metadata.generation },
        ...missing.map((path): JsonPatchOperation => ({
          op: "add",
          path: "/spec/devices/-",
          value: { path },
        })),
      ],
    },
  ];
};
