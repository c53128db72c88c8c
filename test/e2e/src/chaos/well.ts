import { setTimeout as sleep } from "node:timers/promises";
import { nodeLocalStorages } from "@stowage/api";
import { componentNames } from "@stowage/test-cluster";
import type { Plain } from "../kinds.ts";
import { at, kinds } from "../kinds.ts";
import type { Site } from "./site.ts";

/**
 * A cluster from which a blow was taken back must be well again within this. Most of it is Kubernetes'
 * own: a container that dies again and again waits up to five minutes.
 */
const limit = 6 * 60_000;
/** So often whoever watches is told what is missing. */
const tellPeriod = 30_000;

const isReady = (object: Plain): boolean =>
  ((at(object, "status.conditions") ?? []) as readonly Plain[]).some(
    ({ type, status }) => type === "Ready" && status === "True",
  );

const nameOf = (object: Plain): string => String(at(object, "metadata.name"));

/**
 * A part of the control plane that has ended by itself is started again, as the kubelet does with static
 * pods: kube-scheduler ends where a watch contradicts what it remembers (its cache.go).
 */
const startWhatEnded = async ({ cluster, tally, say }: Site): Promise<void> => {
  for (const name of componentNames) {
    if (await cluster.controlPlane.isRunning(name)) continue;
    say(`  ${name} has ended by itself`);
    tally.add(`${name} started, which had ended by itself`);
    await cluster.controlPlane.start(name);
  }
};

/** Nodes, Stowage's pods and groups that are not Ready, in words; "" when all are. */
const whyNotWell = async (site: Site): Promise<string> => {
  const { client, system } = site;
  try {
    await startWhatEnded(site);
    const [nodes, pods, groups] = await Promise.all([
      client.list(kinds.Node),
      client.list(kinds.Pod, { namespace: system }),
      client.list(nodeLocalStorages),
    ]);
    return [
      ...nodes.items.filter((node) => !isReady(node)).map((node) => `node ${nameOf(node)}`),
      ...pods.items.filter((pod) => !isReady(pod)).map((pod) => `pod ${nameOf(pod)}`),
      ...groups.items.flatMap(({ metadata, status }) => {
        const ready = status.conditions.find(({ type }) => type === "Ready");
        return ready?.status === "True" ? [] : [`${metadata.name} (${ready?.message})`];
      }),
    ].join(", ");
  } catch (error) {
    return `the API server: ${String(error)}`;
  }
};

/** Waits until all is well, for two looks in a row; how many seconds that took, or what is not after all. */
export const becomesWell = async (
  site: Site,
): Promise<
  | { readonly kind: "well"; readonly seconds: number }
  | { readonly kind: "not well"; readonly why: string }
> => {
  const begun = performance.now();
  let toldAt = begun;
  for (let looks = 0; ;) {
    const why = await whyNotWell(site);
    const span = performance.now() - begun;
    if (why !== "" && performance.now() - toldAt > tellPeriod) {
      toldAt = performance.now();
      site.say(`  not well yet: ${why}`);
    }
    looks = why === "" ? looks + 1 : 0;
    if (looks === 2) return { kind: "well", seconds: span / 1000 };
    if (span > limit) return { kind: "not well", why };
    await sleep(1000);
  }
};
