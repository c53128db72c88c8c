import { agentPodLabels } from "@stowage/api";
import type { KubeClient } from "@stowage/kube";
import type { ProgramPod } from "./resources.ts";
import { programPods } from "./resources.ts";

export const programs = ["agent", "extender", "provisioner"] as const;
export type Program = (typeof programs)[number];

const nameLabel = "app.kubernetes.io/name";
const componentLabel = "app.kubernetes.io/component";
const versionLabel = "app.kubernetes.io/version";

/** Where Stowage is when nobody of it is to be seen. */
const defaultNamespace = "stowage-system";

/** The pods of the three programs, in whichever namespace they are. */
export const listProgramPods = async (client: KubeClient): Promise<ProgramPod[]> => {
  const labelSelector = `${nameLabel}=${agentPodLabels[nameLabel]}`;
  return (await client.list(programPods, { labelSelector })).items;
};

export const isOf = (program: Program, { metadata }: ProgramPod): boolean =>
  metadata.labels[componentLabel] === program;

/** The namespace that Stowage's programs run in. */
export const stowageNamespace = (pods: readonly ProgramPod[]): string =>
  pods.find(({ metadata }) => metadata.labels[componentLabel] !== undefined)?.metadata.namespace ??
  defaultNamespace;

/** What a pod runs: its version label, or else its image's tag or digest. */
export const versionOf = ({ metadata, spec }: ProgramPod): string => {
  const labelled = metadata.labels[versionLabel];
  if (labelled !== undefined) return labelled;
  const image = spec.containers[0]?.image ?? "";
  const [name = "", digest] = image.split("@");
  if (digest !== undefined) return digest.slice(0, "sha256:".length + 12);
  const [, tag] = /:([^:/]+)$/.exec(name) ?? [];
  return tag ?? "latest";
};
