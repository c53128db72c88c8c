import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { diskSpec } from "./disk-spec.ts";
import { ClusterError } from "./errors.ts";
import { hostKinds } from "./host-kinds.ts";
import { kernelRecord } from "./kernel.ts";

/** A process that is known by more than its number: numbers are given out again. */
export const processIdentity = z.object({
  pid: z.int().positive(),
  /** In clock ticks since boot: field 22 of /proc/<pid>/stat, proc(5). */
  startTime: z.string(),
});
export type ProcessIdentity = z.infer<typeof processIdentity>;

const diskRecord = diskSpec.extend({
  /** `disk1`, `disk2`, ... */
  name: z.string(),
  /** The n of the kernel's ubd<n>, if that serves it; 0 is the node's own state. */
  unit: z.int().positive(),
  plugged: z.union([z.literal("in"), z.literal("out")]),
});
export type DiskRecord = z.infer<typeof diskRecord>;

const nodeRecord = z.object({
  name: z.string(),
  index: z.int().positive(),
  memory: z.string(),
  host: z.enum(hostKinds),
  disks: z.array(diskRecord),
});
export type NodeRecord = z.infer<typeof nodeRecord>;

export const clusterRecord = z.object({
  name: z.string(),
  namespace: z.string(),
  /** The process that brought the cluster up. */
  owner: processIdentity,
  /** Whether a running cluster is a leftover as soon as its owner has ended. */
  lifetime: z.union([z.literal("owner's"), z.literal("until down")]),
  /** Failed: nothing of it runs, and its logs stay until the name is used again. */
  phase: z.union([z.literal("starting"), z.literal("running"), z.literal("failed")]),
  /** Unknown until they are made, before anything starts. */
  binaries: z.string().optional(),
  kernel: kernelRecord.optional(),
  apiPort: z.int().positive().optional(),
  nodes: z.array(z.string()),
  controllerManagerFlags: z.array(z.string()),
});
export type ClusterRecord = z.infer<typeof clusterRecord>;

const namePattern = /^[a-z][a-z0-9-]{0,31}$/;

/** @throws ClusterError `name_invalid` */
const checkName = (name: string): string => {
  if (namePattern.test(name)) return name;
  throw new ClusterError(
    "name_invalid",
    `"${name}" is no cluster name: use up to 32 small letters, digits and dashes, a letter first`,
  );
};

/** A Unix socket's path takes 107 bytes (unix(7)); the longest of ours is 40 longer than the folder's. */
const folderLengthLimit = 67;

/**
 * Where everything of the cluster called `name` lies: $STOWAGE_CLUSTER_DIR/<name> if that is set.
 * @throws ClusterError `name_invalid` or `host_unsuitable`
 */
export const stateFolder = (name: string): string => {
  const folder = path.resolve(
    process.env["STOWAGE_CLUSTER_DIR"] ??
      path.join(
        process.env["XDG_STATE_HOME"] ?? path.join(homedir(), ".local", "state"),
        "stowage",
      ),
    checkName(name),
  );
  if (Buffer.byteLength(folder) <= folderLengthLimit) return folder;
  throw new ClusterError(
    "host_unsuitable",
    `${folder} is too long a path for the sockets in it: set STOWAGE_CLUSTER_DIR so that it has at most ${folderLengthLimit} bytes`,
  );
};

/** Names of what lies in a state folder. */
export const layout = (folder: string) => ({
  folder,
  record: path.join(folder, "cluster.json"),
  pki: path.join(folder, "pki"),
  etcd: path.join(folder, "etcd"),
  logs: path.join(folder, "logs"),
  log: (component: string) => path.join(folder, "logs", `${component}.log`),
  processes: path.join(folder, "processes"),
  process: (component: string) => path.join(folder, "processes", `${component}.json`),
  kubeconfig: (user: string) => path.join(folder, `${user}.kubeconfig`),
  schedulerConfiguration: path.join(folder, "scheduler.yaml"),
  gateway: path.join(folder, "gateway.sock"),
  uml: path.join(folder, "uml"),
  node: (node: string) => path.join(folder, "nodes", node),
  nodeRecord: (node: string) => path.join(folder, "nodes", node, "node.json"),
  stateImage: (node: string) => path.join(folder, "nodes", node, "state.img"),
  disk: (node: string, disk: string) => path.join(folder, "nodes", node, `${disk}.img`),
  sharedDisk: (name: string) => path.join(folder, "shared", `${name}.img`),
});
export type Layout = ReturnType<typeof layout>;

/** Writes a file so that readers in other processes see the old text or the new, never half. */
export const writeWhole = async (file: string, text: string): Promise<void> => {
  await mkdir(path.dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, text, { mode: 0o600 });
  await rename(unfinished, file);
};

export const writeRecord = (file: string, record: unknown): Promise<void> =>
  writeWhole(file, `${JSON.stringify(record, null, 2)}\n`);

/**
 * Reads a record; `undefined` if there is no such file.
 * @throws ClusterError `state_unreadable`
 */
export const readRecord = async <T>(file: string, schema: z.ZodType<T>): Promise<T | undefined> => {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new ClusterError(
      "state_unreadable",
      `${file} is no record of this version: remove the cluster with "down"`,
      { cause: error },
    );
  }
};

/** Those of all nodes, as far as they have one yet. */
export const readNodeRecords = async (paths: Layout): Promise<readonly NodeRecord[]> => {
  const names = (await readRecord(paths.record, clusterRecord))?.nodes ?? [];
  const records = await Promise.all(
    names.map((name) => readRecord(paths.nodeRecord(name), nodeRecord)),
  );
  return records.filter((record) => record !== undefined);
};

/** @throws ClusterError `node_unknown` */
export const readNodeRecord = async (paths: Layout, node: string): Promise<NodeRecord> => {
  const file = paths.nodeRecord(node);
  const record = await readRecord(file, nodeRecord);
  if (record !== undefined) return record;
  throw new ClusterError("node_unknown", `${file} is gone: the cluster was removed meanwhile`);
};
