import {
  claims,
  csiStorageCapacities,
  nodeLocalStorages,
  nodes,
  persistentVolumes,
  provisionerName,
  storageClasses,
} from "@stowage/api";
import type { NodeLocalStorage } from "@stowage/api";
import type { Clock, Instant } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import { isKubeError } from "@stowage/kube";
import { wordsOf } from "../failure.ts";
import type { Connection } from "../host.ts";
import { isOf, listProgramPods, stowageNamespace } from "../program-pods.ts";
import type { ProgramPod } from "../resources.ts";
import { ifReadable, programPods } from "../resources.ts";
import { csiDrivers, leasesRead, policies, policyBindings } from "./doctor-resources.ts";
import { askExtenders } from "./extender-calls.ts";
import type { Facts, Reading } from "./facts.ts";
import { missingRights } from "./missing-rights.ts";

/** Reads all that the checks look at; what cannot be read becomes a fact too. */
export const gather = async (
  connection: Connection,
  clock: Pick<Clock, "now" | "sleep">,
): Promise<Facts> => {
  const { client, getText } = connection;
  const list = async <T>(...asked: Parameters<typeof client.list<T>>): Promise<T[]> =>
    (await client.list(...asked)).items;
  const programs = await attempt(() => listProgramPods(client));
  const namespace = stowageNamespace(programs.kind === "read" ? programs.value : []);
  const known = programs.kind === "read" ? programs.value : [];
  const readings = await together({
    now: serverTime(getText, clock),
    groups: attempt(() => settledGroups(() => list(nodeLocalStorages), clock)),
    nodes: attempt(() => list(nodes)),
    classes: attempt(() => list(storageClasses)),
    claims: attempt(async () =>
      (await list(ifReadable(claims))).filter((claim) => claim !== undefined),
    ),
    persistentVolumes: attempt(() => list(persistentVolumes)),
    capacities: attempt(() => list(csiStorageCapacities)),
    driver: attempt(() => client.find(csiDrivers, { name: provisionerName })),
    schedulers: schedulerPods(() =>
      list(programPods, { namespace: "kube-system", labelSelector: "component=kube-scheduler" }),
    ),
    extenderCalls: attempt(() =>
      askExtenders(
        getText,
        known.filter((pod) => isOf("extender", pod) && pod.ready === "ready"),
      ),
    ),
    nodeLeases: attempt(() => list(leasesRead, { namespace: "kube-node-lease" })),
    leader: attempt(() => client.find(leasesRead, { namespace, name: "stowage-provisioner" })),
    boundPolicies: attempt(async () => {
      const [bindings, made] = await Promise.all([list(policyBindings), list(policies)]);
      const names = new Set(made.map(({ metadata }) => metadata.name));
      return bindings.map(({ spec }) => spec.policyName).filter((name) => names.has(name));
    }),
    missingRights: attempt(() => missingRights(client, namespace, known)),
  });
  return { namespace, programs, ...readings };
};

/** All that is read at the same time, each by its name. */
const together = async <T extends Readonly<Record<string, Promise<unknown>>>>(
  reads: T,
): Promise<{ [Name in keyof T]: Awaited<T[Name]> }> => {
  const pairs = await Promise.all(
    Object.entries(reads).map(async ([name, read]) => [name, await read] as const),
  );
  // What Object.fromEntries forgets: which value belongs to which name.
  return Object.fromEntries(pairs) as { [Name in keyof T]: Awaited<T[Name]> };
};

const attempt = async <T>(read: () => Promise<T>): Promise<Reading<T>> => {
  try {
    return { kind: "read", value: await read() };
  } catch (error) {
    if (!isKubeError(error)) throw error;
    // Without an API server there is nothing to say about anything.
    if (error.code === "connection" || error.code === "unauthorized") throw error;
    return { kind: "unread", code: error.code, why: wordsOf(error) };
  }
};

/** kube-scheduler need not run as a pod that can be seen: k3s, managed control planes. */
const schedulerPods = async (list: () => Promise<ProgramPod[]>): Promise<Reading<ProgramPod[]>> => {
  const reading = await attempt(list);
  return reading.kind === "read" && reading.value.length === 0
    ? { kind: "unread", code: "not_found", why: "it runs in no pod that can be seen" }
    : reading;
};

/** What an agent takes to report on a change, with a margin. */
const reportSpan = seconds(5);

/** Looks twice where an agent is behind: somebody may have changed the group a moment ago. */
const settledGroups = async (
  list: () => Promise<NodeLocalStorage[]>,
  clock: Pick<Clock, "sleep">,
): Promise<NodeLocalStorage[]> => {
  const groups = await list();
  const isBehind = groups.some(
    ({ metadata, status }) => status.observedGeneration < metadata.generation,
  );
  if (!isBehind) return groups;
  await clock.sleep(reportSpan);
  return list();
};

const serverTime = async (
  getText: Connection["getText"],
  clock: Pick<Clock, "now">,
): Promise<Instant> => {
  try {
    const time = Date.parse((await getText("/version")).headers["date"] ?? "");
    return Number.isNaN(time) ? clock.now() : (time as Instant);
  } catch (error) {
    if (!isKubeError(error, "forbidden")) throw error;
    return clock.now();
  }
};
