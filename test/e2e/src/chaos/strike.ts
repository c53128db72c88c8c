import { setTimeout as sleep } from "node:timers/promises";
import { nodeLocalStorageName, nodeLocalStorages } from "@stowage/api";
import { ClusterError } from "@stowage/test-cluster";
import type { Blow, NodeName, ProgramName } from "./blows.ts";
import { chaosNodes } from "./blows.ts";
import { persist } from "./persist.ts";
import type { Site } from "./site.ts";
import { groupName, onNode } from "./site.ts";

/* Carries out blows. Whatever one does to the cluster it has undone when it ends. */

/** Whether it struck: there may be nothing there to strike, or no way to it while something else is away. */
export type Struck = "struck" | "missed";

export const strike = async (blow: Blow, site: Site): Promise<Struck> => {
  const { cluster } = site;
  switch (blow.kind) {
    case "kill_program":
      return killProgram(blow, site);
    case "stop_program": {
      const place = await findProcess(blow, site);
      if (place === undefined) return "missed";
      if ((await signal("STOP", place, site)) === "missed") return "missed";
      await sleep(blow.seconds * 1000);
      // Nothing is there any more where the kubelet has put another in its place.
      await signal("CONT", place, site);
      return "struck";
    }
    case "kill_component": {
      const { controlPlane } = cluster;
      await controlPlane.kill(blow.component);
      await sleep(blow.seconds * 1000);
      // One that needs another which is away too ends again, until that is back.
      await persist(`the start of ${blow.component}`, () => controlPlane.start(blow.component));
      return "struck";
    }
    case "power_cut":
      await cluster.node(blow.node).powerCut();
      await sleep(blow.seconds * 1000);
      await powerUp(blow.node, site);
      return "struck";
    case "network_cut":
      await cluster.node(blow.node).pauseNetwork();
      await sleep(blow.seconds * 1000);
      await cluster.node(blow.node).resumeNetwork();
      return "struck";
    case "disk_fails":
    case "disk_falters":
    case "disk_hangs":
    case "disk_pulled":
      return strikeDisk(blow, site);
    case "cordoned":
      return changeGroup(blow, { cordoned: true }, { cordoned: null }, site);
    case "reserved":
      return changeGroup(blow, { reserved: "50%" }, { reserved: null }, site);
    case "filled_by_hand":
      return fillByHand(blow, site);
    case "entry_dropped":
      return dropEntry(blow.node, site);
    default:
      return blow satisfies never;
  }
};

/**
 * Boots a node and gives it its slots, which device-mapper does not keep. One that does not come up, or
 * goes down again at once, is told of and switched off and on, as somebody in a machine room does.
 */
const powerUp = async (name: NodeName, { cluster, slots, tally, say }: Site): Promise<void> => {
  const node = cluster.node(name);
  await persist(`the boot of ${name}`, async () => {
    try {
      await node.boot();
      for (const slot of Object.values(slots[name])) await slot.putBack();
      await node.ready();
    } catch (error) {
      say(`  ${name} has not come up: ${String(error)}`);
      tally.add("boots that failed");
      await node.powerCut();
      throw error;
    }
  });
};

type Place = { readonly node: NodeName; readonly pid: string };

/** The oldest process of a program on a node, or on the next one that has one; asks no API server. */
const findProcess = async (
  { program, node }: { readonly program: ProgramName; readonly node: NodeName },
  { cluster }: Site,
): Promise<Place | undefined> => {
  const from = chaosNodes.indexOf(node);
  for (const candidate of [...chaosNodes.slice(from), ...chaosNodes.slice(0, from)]) {
    const pid = await onNode(
      cluster,
      candidate,
      `pgrep -of '[s]towage\\.[cm]js ${program}' || true`,
    ).catch((error: unknown) => {
      // Its power may be cut just now.
      if (error instanceof ClusterError) return "";
      throw error;
    });
    if (pid !== "") return { node: candidate, pid };
  }
  return undefined;
};

const killProgram = async (
  blow: Extract<Blow, { kind: "kill_program" }>,
  site: Site,
): Promise<Struck> => {
  const place = await findProcess(blow, site);
  if (place === undefined) return "missed";
  const { cluster, system } = site;
  if ((await signal("KILL", place, site)) === "missed") return "missed";
  if (blow.afterwards === "restarted") return "struck";
  // A container that dies again and again waits longer and longer; its successor does not.
  await persist("the deletion of pods of Stowage's", () =>
    cluster.kubectl([
      ..."delete pod --grace-period=0 --force --ignore-not-found --wait=false".split(" "),
      `--namespace=${system}`,
      `--selector=app.kubernetes.io/component=${blow.program}`,
      `--field-selector=spec.nodeName=${place.node}`,
    ]),
  );
  return "struck";
};

/** Misses a process that has ended by itself, and a node without power. */
const signal = async (
  name: "KILL" | "STOP" | "CONT",
  { node, pid }: Place,
  { cluster }: Site,
): Promise<Struck> => {
  try {
    await onNode(cluster, node, `kill -${name} ${pid}`);
    return "struck";
  } catch (error) {
    if (error instanceof ClusterError) return "missed";
    throw error;
  }
};

const strikeDisk = async (
  { kind, node, slot: name, seconds }: Extract<Blow, { slot: string }>,
  { slots }: Site,
): Promise<Struck> => {
  const slot = slots[node][name];
  if (kind === "disk_pulled") await slot.pull();
  else if (kind === "disk_hangs") await slot.hang();
  else if (kind === "disk_fails") await slot.fail();
  else await slot.falter();
  await sleep(seconds * 1000);
  if (kind === "disk_pulled") await slot.putBack();
  else if (kind === "disk_hangs") await slot.resume();
  else await slot.mend();
  return "struck";
};

const changeGroup = async (
  { node, seconds }: { readonly node: NodeName; readonly seconds: number },
  change: object,
  back: object,
  { client }: Site,
): Promise<Struck> => {
  const name = nodeLocalStorageName(node, groupName);
  const set = (spec: object): Promise<unknown> =>
    persist(`a change of ${name}`, () =>
      client.patch(nodeLocalStorages, { name }, { kind: "merge", body: { spec } }),
    );
  await set(change);
  await sleep(seconds * 1000);
  await set(back);
  return "struck";
};

const fillByHand = async (
  { node, seconds }: { readonly node: NodeName; readonly seconds: number },
  { cluster }: Site,
): Promise<Struck> => {
  const made = await cluster
    .node(node)
    .tryExec(
      `lvcreate --yes --wipesignatures y --extents 20 --name by-hand ${groupName}`.split(" ") as [
        string,
        ...string[],
      ],
    );
  if (made.exitCode !== 0) return "missed";
  await sleep(seconds * 1000);
  await persist("the removal of a volume made by hand", () =>
    onNode(cluster, node, `lvremove --force --yes ${groupName}/by-hand`),
  );
  return "struck";
};

const dropEntry = async (node: NodeName, { client }: Site): Promise<Struck> => {
  const name = nodeLocalStorageName(node, groupName);
  const group = await persist(`a look at ${name}`, () => client.get(nodeLocalStorages, { name }));
  const index = group.spec.volumes.findIndex(
    (entry) => entry.pending !== true && entry.delete !== true,
  );
  const entry = group.spec.volumes[index];
  if (entry === undefined) return "missed";
  const path = `/spec/volumes/${index}`;
  try {
    await client.patch(
      nodeLocalStorages,
      { name },
      {
        kind: "json",
        operations: [
          { op: "test", path: "/metadata/generation", value: group.metadata.generation },
          { op: "remove", path },
        ],
      },
    );
    return "struck";
  } catch {
    // Somebody else wrote first, or nobody answers: then an admin looks again, and sees what is there.
    return "missed";
  }
};
