import { busyboxImage } from "@stowage/test-cluster";
import type { Plain } from "./kinds.ts";

/* What a user would write, with the few things that tests vary as arguments. */

export const storageClass = (
  name: string,
  options: {
    readonly nodes?: Readonly<Record<string, readonly string[]>>;
    readonly parameters?: Readonly<Record<string, string>>;
    readonly reclaimPolicy?: "Delete" | "Retain";
    /** Wiping has tests of its own; in all others it would only take their time. */
    readonly wipe?: "none" | "as by default";
  } = {},
): Plain => ({
  kind: "StorageClass",
  metadata: { name },
  provisioner: "lvm.stowage.dev",
  volumeBindingMode: "WaitForFirstConsumer",
  reclaimPolicy: options.reclaimPolicy ?? "Delete",
  parameters: {
    volumeGroup: name,
    ...(options.wipe === "as by default" ? {} : { wipe: "none" }),
    ...(options.nodes === undefined
      ? {}
      : {
          nodes: JSON.stringify(
            Object.entries(options.nodes).map(([node, devices]) => ({ node, devices })),
          ),
        }),
    ...options.parameters,
  },
});

export const claim = (
  name: string,
  storageClassName: string,
  size: string,
  spec: Plain = {},
): Plain => ({
  kind: "PersistentVolumeClaim",
  metadata: { name },
  spec: {
    storageClassName,
    accessModes: ["ReadWriteOnce"],
    resources: { requests: { storage: size } },
    ...spec,
  },
});

/** A claim for which a node is chosen already, as the scheduler would write it. */
export const claimOn = (node: string, ...wanted: Parameters<typeof claim>): Plain => ({
  ...claim(...wanted),
  metadata: { name: wanted[0], annotations: { "volume.kubernetes.io/selected-node": node } },
});

/**
 * A container that sleeps, with its volumes where `at` says. It ends when it is asked to: a pod that
 * has to be killed, or is deleted with no grace at all, keeps its volumes mounted long after the API
 * has forgotten it.
 */
const sleeper = (at: Plain): Plain => ({
  name: "main",
  image: busyboxImage,
  imagePullPolicy: "Never",
  command: ["sh", "-c", "trap 'exit 0' TERM; sleep 2147483647 & wait"],
  resources: { requests: { cpu: "1m", memory: "4Mi" } },
  ...at,
});

const volumeOf = (claimName: string): Plain => ({
  name: claimName,
  persistentVolumeClaim: { claimName },
});

/** A pod that sleeps with each of `claims` mounted at /<claim>. */
export const podWith = (name: string, claims: readonly string[], spec: Plain = {}): Plain => ({
  kind: "Pod",
  metadata: { name, labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 5,
    containers: [
      sleeper({
        volumeMounts: claims.map((claimName) => ({ name: claimName, mountPath: `/${claimName}` })),
      }),
    ],
    volumes: claims.map(volumeOf),
    ...spec,
  },
});

/** As podWith, with one claim as a raw device at /dev/volume. */
export const podWithDevice = (name: string, claimName: string, spec: Plain = {}): Plain => ({
  kind: "Pod",
  metadata: { name },
  spec: {
    terminationGracePeriodSeconds: 5,
    containers: [sleeper({ volumeDevices: [{ name: claimName, devicePath: "/dev/volume" }] })],
    volumes: [volumeOf(claimName)],
    ...spec,
  },
});

/** Draws the pod to a node without binding it there: the scheduler still decides. */
export const preferNode = (node: string): Plain => ({
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        {
          weight: 100,
          preference: {
            matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: [node] }],
          },
        },
      ],
    },
  },
});

/** Allows the pod on these nodes only. */
export const onlyNodes = (...nodes: readonly string[]): Plain => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: nodes }],
          },
        ],
      },
    },
  },
});
