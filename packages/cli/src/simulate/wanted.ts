import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { Failure } from "../failure.ts";

/** A pod and a claim as they would be sent to the API server. */
export type Wanted = {
  readonly pods: readonly WirePod[];
  readonly claims: readonly WireClaim[];
  /** What the file has besides, as kind/name. */
  readonly ignored: readonly string[];
};

const metadataSchema = z.looseObject({
  name: z.string().optional(),
  namespace: z.string().optional(),
  generateName: z.string().optional(),
});
const objectSchema = z.looseObject({ kind: z.string(), metadata: metadataSchema.prefault({}) });

const podSchema = z.looseObject({ metadata: metadataSchema, spec: z.looseObject({}) });
type WirePod = z.output<typeof podSchema>;
type WireClaim = z.output<typeof podSchema>;

const listSchema = z.object({ items: z.array(z.unknown()) });

const workloadSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({
    replicas: z.number().int().nonnegative().optional(),
    parallelism: z.number().int().nonnegative().optional(),
    template: z.object({ metadata: metadataSchema.prefault({}), spec: z.looseObject({}) }),
    volumeClaimTemplates: z
      .array(z.looseObject({ metadata: metadataSchema, spec: z.looseObject({}) }))
      .default([]),
  }),
});

/**
 * The pods and claims that a manifest would lead to, in its order; of a StatefulSet, a Deployment, a
 * ReplicaSet and a Job as many pods as it has replicas.
 * @throws Failure for what is no manifest.
 */
export const readWanted = (text: string, namespace: string): Wanted => {
  const pods: WirePod[] = [];
  const claims: WireClaim[] = [];
  const ignored: string[] = [];
  const visit = (given: unknown): void => {
    const object = parsed(objectSchema, given, "an object of Kubernetes'");
    const { kind, metadata } = object;
    switch (kind) {
      case "List":
        for (const item of parsed(listSchema, given, "a List").items) visit(item);
        return;
      case "Pod":
        pods.push(named(parsed(podSchema, given, "a Pod"), namespace));
        return;
      case "PersistentVolumeClaim":
        claims.push(named(parsed(podSchema, given, "a PersistentVolumeClaim"), namespace));
        return;
      case "StatefulSet":
      case "Deployment":
      case "ReplicaSet":
      case "Job": {
        const made = replicasOf(kind, parsed(workloadSchema, given, `a ${kind}`), namespace);
        pods.push(...made.pods);
        claims.push(...made.claims);
        return;
      }
      default:
        ignored.push(`${kind}/${metadata.name ?? ""}`);
    }
  };
  for (const document of documentsOf(text)) visit(document);
  if (pods.length === 0) {
    throw new Failure(
      "usage",
      "the file has no pod",
      "give it a Pod, a StatefulSet, a Deployment, a ReplicaSet or a Job",
    );
  }
  return { pods, claims, ignored };
};

const documentsOf = (text: string): unknown[] => {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return [];
  return documents.flatMap((document): unknown[] => {
    const [error] = document.errors;
    if (error !== undefined) {
      throw new Failure("usage", `the file is neither YAML nor JSON: ${error.message}`);
    }
    const value: unknown = document.toJS();
    return value === null ? [] : [value];
  });
};

const parsed = <T>(schema: z.ZodType<T>, given: unknown, what: string): T => {
  const answer = schema.safeParse(given);
  if (answer.success) return answer.data;
  throw new Failure("usage", `the file has what is not ${what}: ${z.prettifyError(answer.error)}`);
};

const named = (object: WirePod, namespace: string): WirePod => {
  const { metadata } = object;
  const name = metadata.name ?? `${metadata.generateName ?? "simulated-"}0`;
  return { ...object, metadata: { ...metadata, name, namespace: metadata.namespace ?? namespace } };
};

const replicasOf = (
  kind: string,
  { metadata, spec }: z.output<typeof workloadSchema>,
  fallback: string,
): { pods: WirePod[]; claims: WireClaim[] } => {
  const namespace = metadata.namespace ?? fallback;
  const count = (kind === "Job" ? spec.parallelism : spec.replicas) ?? 1;
  const pods: WirePod[] = [];
  const claims: WireClaim[] = [];
  for (let index = 0; index < count; index += 1) {
    const name = `${metadata.name ?? "simulated"}-${index}`;
    const own = spec.volumeClaimTemplates.map((template) => {
      const volume = template.metadata.name ?? "";
      return { volume, claimName: `${volume}-${name}`, spec: template.spec };
    });
    for (const { claimName, spec: claimSpec } of own) {
      claims.push({ metadata: { name: claimName, namespace }, spec: claimSpec });
    }
    const given: unknown = spec.template.spec["volumes"];
    const volumes = [
      ...(Array.isArray(given) ? (given as unknown[]) : []),
      ...own.map(({ volume, claimName }) => ({
        name: volume,
        persistentVolumeClaim: { claimName },
      })),
    ];
    pods.push({
      metadata: { ...spec.template.metadata, name, namespace },
      spec: { ...spec.template.spec, volumes },
    });
  }
  return { pods, claims };
};
