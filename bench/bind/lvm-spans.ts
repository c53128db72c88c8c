import type { Cluster } from "@stowage/test-cluster";

/** How long the agents took to make each volume of a group, in milliseconds, as their logs say. */
export const lvmSpans = async (cluster: Cluster, volumeGroup: string): Promise<number[]> => {
  const text = await cluster.kubectl(
    "-n stowage-system logs -l app.kubernetes.io/component=agent --tail=-1".split(" "),
  );
  return text.split("\n").flatMap((line) => {
    if (!line.includes('"volume created"') || !line.includes(`"volumeGroup":"${volumeGroup}"`)) {
      return [];
    }
    const span = /"durationMs":(\d+(?:\.\d+)?)/.exec(line)?.[1];
    return span === undefined ? [] : [Number(span)];
  });
};
