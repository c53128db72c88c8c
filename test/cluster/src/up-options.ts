import { parseArgs } from "node:util";
import type { ClusterOptions } from "./cluster-options.ts";
import { parseHosts } from "./host-kinds.ts";

/** A command line that makes no sense; its message says what would. */
export class UsageError extends Error {}

/** `n2:4Gi,partitions=2` is a disk of n2's, `4Gi` one of each node that has none of its own. */
const nodePrefix = /^(?<node>n\d+):(?<spec>.*)$/;

/** In mebibytes: with less, the kubelet or a Pod is killed. */
const leastMemory = 768;

/**
 * What stands behind `up` on the command line.
 * @throws UsageError, parseArgs' own error or ClusterError `host_kind_invalid`
 */
export const upOptions = (words: readonly string[]): ClusterOptions => {
  const { values } = parseArgs({
    args: [...words],
    options: {
      nodes: { type: "string", default: "3" },
      host: { type: "string", multiple: true, default: ["plain"] },
      disk: { type: "string", multiple: true, default: [] },
      memory: { type: "string", default: "1536M" },
      scheduler: { type: "string" },
    },
  });
  if (!/^[1-9]\d*$/.test(values.nodes)) throw new UsageError("--nodes takes a whole number from 1");
  const [, mebibytes = "0"] = /^([1-9]\d*)M$/.exec(values.memory) ?? [];
  if (Number(mebibytes) < leastMemory) {
    throw new UsageError(
      `--memory takes what a node has in mebibytes, ${leastMemory}M or more: "${values.memory}" is not that`,
    );
  }
  return {
    nodes: Number(values.nodes),
    hosts: parseHosts(...values.host),
    ...disksFrom(values.disk),
    memory: values.memory,
    ...(values.scheduler === undefined ? {} : { scheduler: values.scheduler }),
  };
};

const disksFrom = (words: readonly string[]): Pick<ClusterOptions, "disks" | "disksOf"> => {
  const disks: string[] = [];
  const disksOf: Record<string, string[]> = {};
  for (const word of words) {
    const { node, spec } = nodePrefix.exec(word)?.groups ?? {};
    if (node === undefined || spec === undefined) disks.push(word);
    else disksOf[node] = [...(disksOf[node] ?? []), spec];
  }
  return { ...(disks.length === 0 ? {} : { disks }), disksOf };
};
