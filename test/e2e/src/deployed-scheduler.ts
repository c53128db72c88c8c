import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { fileOf } from "@stowage/test-chart";

/*
 * deploy/scheduler: extender.yaml is a KubeSchedulerConfiguration, the other files bring it to the
 * scheduler of a distribution.
 */

export const distributions = ["kubeadm", "kind", "k3s"] as const;
export type Distribution = (typeof distributions)[number];

const read = (file: string): Promise<string> =>
  readFile(fileOf(`deploy/scheduler/${file}`), "utf8");

const listed = z.array(z.object({ name: z.string(), value: z.string() }));
const kubeadmConfiguration = z.object({
  scheduler: z.object({
    extraArgs: z.union([z.record(z.string(), z.string()), listed]),
    extraVolumes: z.array(z.object({ hostPath: z.string(), mountPath: z.string() })),
  }),
});
const kindCluster = z.object({
  nodes: z.array(z.object({ kubeadmConfigPatches: z.array(z.string()).default([]) })),
});
const k3sConfiguration = z.object({ "kube-scheduler-arg": z.array(z.string()) });

/** The flags that the distribution's kube-scheduler gets, for each version of its file's format. */
export const flagsOf = async (distribution: Distribution): Promise<string[][]> => {
  const file: unknown = parse(await read(`${distribution}.yaml`));
  switch (distribution) {
    case "kubeadm":
      return [kubeadmFlags(file)];
    case "kind":
      return kindCluster
        .parse(file)
        .nodes.flatMap(({ kubeadmConfigPatches }) =>
          kubeadmConfigPatches.map((patch) => kubeadmFlags(parse(patch))),
        );
    case "k3s":
      return [k3sConfiguration.parse(file)["kube-scheduler-arg"].map((flag) => `--${flag}`)];
  }
};

const kubeadmFlags = (configuration: unknown): string[] => {
  const { extraArgs } = kubeadmConfiguration.parse(configuration).scheduler;
  const pairs = Array.isArray(extraArgs)
    ? extraArgs.map(({ name, value }) => [name, value] as const)
    : Object.entries(extraArgs);
  return pairs.map(([name, value]) => `--${name}=${value}`);
};

const configuration = z.looseObject({ clientConnection: z.object({ kubeconfig: z.string() }) });

/** The configuration that the distribution's file tells to write, with the extender at an address. */
export const configurationOf = async (
  distribution: Distribution,
  address: string,
): Promise<z.infer<typeof configuration>> => {
  const whole = (await read("extender.yaml")).replace("STOWAGE_EXTENDER", address);
  const changes = parse(commented(await read(`${distribution}.yaml`))) as object | null;
  return configuration.parse({ ...(parse(whole) as object), ...changes });
};

/** The YAML in a file's comments. */
const commented = (text: string): string =>
  text
    .split("\n")
    .filter((line) => line.startsWith("#      "))
    .map((line) => line.slice("#      ".length))
    .join("\n");
