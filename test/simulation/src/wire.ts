import type { NodeLocalStorageSpecWire, NodeLocalStorageStatusWire } from "@stowage/api";
import type { Raw } from "@stowage/kube/testing";

/* The parts of core's objects that the models of Kubernetes' own programs read. */

type Wire<Spec, Status> = Omit<Raw, "spec" | "status"> & {
  readonly metadata: Raw["metadata"];
  readonly spec: Spec;
  readonly status: Status;
};

export type ClaimWire = Wire<
  {
    readonly storageClassName: string;
    readonly volumeName?: string;
    readonly volumeMode?: string;
    readonly accessModes: readonly string[];
    readonly resources: { readonly requests: { readonly storage: string } };
  },
  {
    readonly phase: string;
    readonly capacity?: { readonly storage: string };
    readonly allocatedResources?: { readonly storage: string };
    readonly allocatedResourceStatuses?: { readonly storage?: string };
  }
>;

export type VolumeWire = Wire<
  {
    readonly capacity: { readonly storage: string };
    readonly persistentVolumeReclaimPolicy: string;
    readonly storageClassName: string;
    readonly local: { readonly path: string };
    readonly claimRef: { readonly namespace: string; readonly name: string; readonly uid: string };
    readonly nodeAffinity: {
      readonly required: {
        readonly nodeSelectorTerms: readonly {
          readonly matchExpressions: readonly { readonly values: readonly string[] }[];
        }[];
      };
    };
  },
  { readonly phase: string }
>;

export type PodWire = Wire<
  {
    readonly nodeName?: string;
    readonly volumes: readonly {
      readonly name: string;
      readonly persistentVolumeClaim?: { readonly claimName: string };
      /** Kubernetes makes the claim, and deletes it with the pod. */
      readonly ephemeral?: {
        readonly volumeClaimTemplate: { readonly spec: ClaimWire["spec"] };
      };
    }[];
  },
  {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  }
>;

export type NodeWire = Wire<
  { readonly unschedulable?: boolean; readonly taints?: readonly { readonly key: string }[] },
  object
>;

type ClassWire = Raw & {
  readonly provisioner: string;
  readonly reclaimPolicy: string;
  readonly volumeBindingMode: string;
};

type CapacityWire = Raw & {
  readonly storageClassName: string;
  readonly capacity: string;
  readonly maximumVolumeSize?: string;
  readonly nodeTopology: { readonly matchLabels: Readonly<Record<string, string>> };
};

type LeaseWire = Raw & { readonly spec: { readonly holderIdentity?: string | null } };

export type GroupWire = Wire<
  NodeLocalStorageSpecWire & { readonly volumes: NonNullable<NodeLocalStorageSpecWire["volumes"]> },
  NodeLocalStorageStatusWire | undefined
>;

export type Wires = {
  readonly nodes: NodeWire;
  readonly pods: PodWire;
  readonly persistentvolumeclaims: ClaimWire;
  readonly persistentvolumes: VolumeWire;
  readonly storageclasses: ClassWire;
  readonly csistoragecapacities: CapacityWire;
  readonly nodelocalstorages: GroupWire;
  readonly leases: LeaseWire;
};

/**
 * A stored object as one of its collection. The one place where that is believed: the programs under
 * test write these objects, and their models read what a real server would have checked.
 */
export const wireOf = <P extends keyof Wires>(_plural: P, object: Raw): Wires[P] =>
  object as unknown as Wires[P];
