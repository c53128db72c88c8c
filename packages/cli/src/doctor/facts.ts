import type {
  Claim,
  CsiStorageCapacity,
  Node,
  NodeLocalStorage,
  PersistentVolume,
  StorageClass,
} from "@stowage/api";
import type { Instant } from "@stowage/clock";
import type { KubeErrorCode } from "@stowage/kube";
import type { Program } from "../program-pods.ts";
import type { ProgramPod } from "../resources.ts";
import type { CsiDriver, LeaseRead } from "./doctor-resources.ts";
import type { Right } from "./needed-rights.ts";

/** How often an extender was asked, as it counts itself. */
export type ExtenderCalls = { readonly pod: string; readonly filterCalls: number };

/** What the checks look at, each by its name. */
export type Parts = {
  readonly groups: readonly NodeLocalStorage[];
  readonly nodes: readonly Node[];
  readonly classes: readonly StorageClass[];
  readonly claims: readonly Claim[];
  readonly persistentVolumes: readonly PersistentVolume[];
  readonly capacities: readonly CsiStorageCapacity[];
  readonly driver: CsiDriver | undefined;
  /** The pods of Stowage's three programs. */
  readonly programs: readonly ProgramPod[];
  /** kube-scheduler's own pods, where it runs as such. */
  readonly schedulers: readonly ProgramPod[];
  readonly extenderCalls: readonly ExtenderCalls[];
  /** Where the kubelets say that they live. */
  readonly nodeLeases: readonly LeaseRead[];
  readonly leader: LeaseRead | undefined;
  /** Names of ValidatingAdmissionPolicies that have a binding. */
  readonly boundPolicies: readonly string[];
  /** What a program's ServiceAccount needs and may not do. */
  readonly missingRights: readonly { readonly program: Program; readonly right: Right }[];
};

export type Reading<T> =
  | { readonly kind: "read"; readonly value: T }
  | { readonly kind: "unread"; readonly code: KubeErrorCode; readonly why: string };

/** What could be learnt of the cluster, and of the rest why not. */
export type Facts = { readonly [K in keyof Parts]: Reading<Parts[K]> } & {
  /** By the API server's clock. */
  readonly now: Instant;
  /** Where Stowage's programs run. */
  readonly namespace: string;
};
