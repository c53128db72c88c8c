import type { Strategy } from "@stowage/capacity";
import { z } from "zod";
import type { StorageClass } from "./core/storage-class.ts";
import type { FileSystemType } from "./mkfs-options.ts";
import { fileSystemTypes, parseMkfsOptions } from "./mkfs-options.ts";
import { devicePathSchema, lvmNameSchema } from "./lvm-names.ts";

const nodesSchema = z
  .array(
    z.strictObject({
      node: z.string().min(1).max(253),
      devices: z.array(devicePathSchema).min(1).max(64),
    }),
  )
  .min(1);

/** The `nodes` parameter: JSON in a string, since parameters are strings. */
const nodesJsonSchema = z.string().transform((text, context) => {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.addIssue({ code: "custom", message: `is not JSON: ${why}` });
    return z.NEVER;
  }
  const parsed = nodesSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  context.addIssue({ code: "custom", message: problems(parsed.error) });
  return z.NEVER;
});

const fsTypeSchema = z.enum(fileSystemTypes);

const parametersSchema = z
  .strictObject({
    volumeGroup: lvmNameSchema.optional(),
    nodes: nodesJsonSchema.optional(),
    type: z.literal("thick").default("thick"),
    fsType: fsTypeSchema.optional(),
    "csi.storage.k8s.io/fstype": fsTypeSchema.optional(),
    mkfsOptions: z.string().max(512).optional(),
    wipe: z.enum(["zero", "discard", "none"]).optional(),
    placement: z.enum(["spread", "binpack"]).optional(),
  })
  .refine(
    (parameters) =>
      parameters.fsType === undefined || parameters["csi.storage.k8s.io/fstype"] === undefined,
    { message: "fsType and csi.storage.k8s.io/fstype say the same; keep one of them" },
  );

/** What a StorageClass asks of Stowage, defaults filled in. */
export type ClassParameters = {
  readonly volumeGroup: string;
  /** Nodes whose NodeLocalStorage the provisioner makes for this class; none when others make them. */
  readonly nodes: readonly { readonly node: string; readonly devices: readonly string[] }[];
  readonly type: "thick";
  readonly fsType: FileSystemType;
  /** Checked; undefined where the kubelet may make the file system as it likes. */
  readonly mkfsOptions: string | undefined;
  /** What happens to the data before a volume is removed; undefined for the agent's default, zero. */
  readonly wipe: "zero" | "discard" | "none" | undefined;
  /** Which of the nodes that have the room is best; undefined where the extender's setting decides. */
  readonly placement: Strategy | undefined;
};

/**
 * Reads a class's parameters. Unknown keys are refused: a misspelt one would otherwise be a wish
 * that nobody hears.
 */
export const parseClassParameters = (
  storageClass: Pick<StorageClass, "parameters" | "metadata">,
):
  | { readonly kind: "valid"; readonly parameters: ClassParameters }
  | { readonly kind: "invalid"; readonly problem: string } => {
  const parsed = parametersSchema.safeParse(storageClass.parameters);
  if (!parsed.success) return { kind: "invalid", problem: problems(parsed.error) };
  const { volumeGroup, nodes, type, placement, wipe } = parsed.data;
  const fsType = parsed.data.fsType ?? parsed.data["csi.storage.k8s.io/fstype"] ?? "ext4";
  const options = parseMkfsOptions(fsType, parsed.data.mkfsOptions ?? "");
  if (options.kind === "invalid") {
    return { kind: "invalid", problem: `mkfsOptions: ${options.problem}` };
  }
  const group = lvmNameSchema.safeParse(volumeGroup ?? storageClass.metadata.name);
  if (!group.success) {
    return {
      kind: "invalid",
      problem: `the class's name is no LVM name, so volumeGroup must be given: ${problems(group.error)}`,
    };
  }
  if (volumeGroup === undefined && nodes === undefined) {
    return { kind: "invalid", problem: "one of volumeGroup and nodes must be given" };
  }
  return {
    kind: "valid",
    parameters: {
      volumeGroup: group.data,
      nodes: nodes ?? [],
      type,
      fsType,
      mkfsOptions: options.args.length === 0 ? undefined : options.args.join(" "),
      placement,
      wipe,
    },
  };
};

/** All that is wrong, in one line: "nodes.0.devices: ...; fsType: ...". */
const problems = (error: z.ZodError): string =>
  error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join(".")}: ${message}`))
    .join("; ");
