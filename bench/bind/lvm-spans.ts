import type { Cluster } from "@stowage/test-cluster";

type Span = { readonly pod: string; readonly volume: string; readonly durationMs: number };

/** How long the agents took to make each volume of a group, as their logs say. */
export const lvmSpans = async (cluster: Cluster, volumeGroup: string): Promise<Span[]> => {
  const text = await cluster.kubectl(
    "-n stowage-system logs -l app.kubernetes.io/component=agent --tail=-1 --prefix".split(" "),
  );
  return text.split("\n").flatMap((line) => {
    if (!line.includes('"volume created"') || !line.includes(`"volumeGroup":"${volumeGroup}"`)) {
      return [];
    }
    const pod = /^\[pod\/([^/]+)/.exec(line)?.[1];
    const volume = /"volume":"([^"]+)"/.exec(line)?.[1];
    const span = /"durationMs":(\d+(?:\.\d+)?)/.exec(line)?.[1];
    return pod === undefined || volume === undefined || span === undefined
      ? []
      : [{ pod, volume, durationMs: Number(span) }];
  });
};

/** What LVM alone needs for the share of the node that needs most: volumes are made one by one. */
export const longestShare = (spans: readonly Span[]): number => {
  const shares = new Map<string, number>();
  for (const { pod, durationMs } of spans) shares.set(pod, (shares.get(pod) ?? 0) + durationMs);
  return Math.round(Math.max(0, ...shares.values()));
};
