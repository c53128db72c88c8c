import { open } from "node:fs/promises";
import path from "node:path";
import type { Cluster } from "@stowage/test-cluster";
import { componentNames, logFiles, patience } from "@stowage/test-cluster";
import type { Shelf } from "./shelf.ts";

const endBytes = 256 * 1024;
const limitMs = 10_000 * patience;

/** The last part of a file, from the beginning of a line on. */
const endOf = async (file: string): Promise<string> => {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - endBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(endBytes), 0, endBytes, start);
    const text = buffer.subarray(0, bytesRead).toString();
    return start === 0 ? text : text.slice(text.indexOf("\n") + 1);
  } finally {
    await handle.close();
  }
};

/** The ends of the logs that lie on the host: control plane, consoles, kubelets, containerds. */
export const hostEvidence = async (name: string, shelf: Shelf): Promise<void> => {
  const { folder, files } = await logFiles(name);
  await Promise.all(
    files.map((file) => shelf.ask(file, limitMs, () => endOf(path.join(folder, file)))),
  );
};

/** Which parts of a cluster run. */
export const stateOf = async (cluster: Cluster): Promise<string> => {
  const { controlPlane, nodes } = cluster;
  const lines = [
    cluster.hasGateway().then((runs) => ["gateway", runs] as const),
    ...componentNames.map(async (name) => [name, await controlPlane.isRunning(name)] as const),
    ...nodes.map(async (node) => [`node ${node.name}`, await node.isRunning()] as const),
  ];
  return (await Promise.all(lines))
    .map(([name, runs]) => `${name} ${runs ? "runs" : "is down"}`)
    .join("\n");
};
