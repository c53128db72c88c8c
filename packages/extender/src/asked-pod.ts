import type { ClaimSpec, Resource } from "@stowage/api";
import { claims, pods } from "@stowage/api";
import { z } from "zod";

/** A volume of a pod that stands for a claim; all other volumes are left out. */
export type AskedVolume =
  | { readonly kind: "claim"; readonly claimName: string }
  | { readonly kind: "ephemeral"; readonly name: string; readonly template: Template };

/** A template's class is known before the rest is read: another driver's template is not judged. */
type Template = {
  readonly storageClassName: string | undefined;
  readonly read: () => TemplateReading;
};

type TemplateReading =
  | { readonly kind: "valid"; readonly spec: ClaimSpec }
  | { readonly kind: "invalid"; readonly problem: string };

/** What the extender reads of a pod that is to be placed. */
export type AskedPod = {
  readonly namespace: string;
  readonly name: string;
  /** The pod's uid; namespace/name when the caller gave none. */
  readonly uid: string;
  readonly volumes: readonly AskedVolume[];
};

const volumeSchema = z.object({
  name: z.string().default(""),
  persistentVolumeClaim: z.object({ claimName: z.string() }).nullish(),
  ephemeral: z.object({ volumeClaimTemplate: z.object({ spec: z.unknown() }).nullish() }).nullish(),
});

const podSchema = z.object({
  metadata: z.object({
    namespace: z.string().default("default"),
    name: z.string(),
    uid: z.string().default(""),
  }),
  spec: z.object({ volumes: z.array(volumeSchema).nullish() }).nullish(),
});

/** @throws ZodError when the object is no pod. */
export const readPod = (object: unknown): AskedPod => {
  const { metadata, spec } = podSchema.parse(object);
  const key = `${metadata.namespace}/${metadata.name}`;
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid === "" ? key : metadata.uid,
    volumes: (spec?.volumes ?? []).flatMap(volumeOf),
  };
};

const volumeOf = (volume: z.output<typeof volumeSchema>): AskedVolume[] => {
  if (volume.persistentVolumeClaim) {
    return [{ kind: "claim", claimName: volume.persistentVolumeClaim.claimName }];
  }
  const template = volume.ephemeral?.volumeClaimTemplate?.spec;
  if (template === undefined) return [];
  return [{ kind: "ephemeral", name: volume.name, template: templateOf(template) }];
};

const classNameSchema = z.object({ storageClassName: z.string().optional() });

const templateOf = (spec: unknown): Template => {
  const named = classNameSchema.safeParse(spec);
  return {
    storageClassName: named.success ? named.data.storageClassName : undefined,
    read: () => readTemplate(spec),
  };
};

const readTemplate = (spec: unknown): TemplateReading => {
  try {
    return { kind: "valid", spec: claims.parse({ metadata: { name: "template" }, spec }).spec };
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    return { kind: "invalid", problem: problemsOf(error) };
  }
};

/** All that is wrong, in one line: "spec.volumes.0.name: ...; metadata: ...". */
export const problemsOf = (error: z.ZodError): string =>
  error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
    .join("; ");

/** Pods as the API server has them, read the way the scheduler's requests are. */
export const askedPods: Resource<AskedPod> = { ...pods, parse: readPod };
