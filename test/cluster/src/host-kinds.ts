import { ClusterError } from "./errors.ts";

/**
 * What a node is like to LVM. All but `plain` have udev with device-mapper's and LVM's rules, and
 * lvmpolld; README.md says what each adds to that.
 */
export const hostKinds = ["plain", "udev", "rhel", "filtered", "readonly"] as const;
export type HostKind = (typeof hostKinds)[number];

const isHostKind = (word: string): word is HostKind => hostKinds.some((kind) => kind === word);

const hostKindOf = (word: string): HostKind => {
  if (isHostKind(word)) return word;
  throw new ClusterError(
    "host_kind_invalid",
    `"${word}" is no kind of host: there are ${hostKinds.join(", ")}`,
  );
};

/**
 * Reads `udev,udev,plain`, which may come in several pieces.
 * @throws ClusterError `host_kind_invalid`
 */
export const parseHosts = (...texts: readonly string[]): HostKind[] =>
  texts.flatMap((text) => text.split(",")).map((word) => hostKindOf(word.trim()));

/**
 * The kind of each of `count` nodes: `hosts` has one for each, or one for all.
 * @throws ClusterError `host_kind_invalid`
 */
export const hostOfEach = (hosts: readonly HostKind[], count: number): readonly HostKind[] => {
  const [first] = hosts;
  if (first !== undefined && hosts.length === 1) {
    return Array.from({ length: count }, () => first);
  }
  if (hosts.length === count) return hosts;
  throw new ClusterError(
    "host_kind_invalid",
    `${hosts.length} kinds of host for ${count} nodes: name one for each node, or one for all`,
  );
};
