import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Place, Step } from "../src/command-steps.ts";
import { CommandSteps } from "../src/command-steps.ts";
import { partitionTable } from "../src/partition-table.ts";
import { at } from "../src/kinds.ts";
import type { Work } from "../src/node-works.ts";
import { works } from "../src/node-works.ts";
import { rolledOut } from "../src/rollout.ts";
import { eventually, World } from "../src/world.ts";

/*
 * The agent is killed, or its node loses its power, at each command with which it changes something.
 * The steps come from what an undisturbed agent runs, so that a new command is a new step. Each
 * node works on four groups at once, and one blow meets all four.
 */

const nodes = ["n1", "n2", "n3"] as const;
type NodeName = (typeof nodes)[number];

const disks = ["/dev/ubdb", "/dev/ubdc"] as const;
const places = [1, 2, 3, 4].map((number): Place => ({
  group: `steps${number}`,
  devices: disks.map((disk) => `${disk}${number}`),
}));

/** Three nodes that lost their power boot at once, and each agent has the work of four groups before it. */
const long = { timeout: 300_000, interval: 500 };

type Stop = { readonly work: string; readonly step: Step };

let world: World;
const stops: Stop[] = [];
const undisturbed = new Map<string, object>();

const stepsOn = (node: NodeName): CommandSteps => new CommandSteps(world.cluster.node(node));
const nameOf = (node: NodeName, { group }: Place): string => `${node}.${group}`;
const wishOf = (work: string, { devices }: Place): ReturnType<Work> => {
  const made = works[work]?.(devices.map((path) => ({ path })));
  if (made === undefined) throw new Error(`there is no work ${work}`);
  return made;
};

/** Waits until a place is as `from` says, and puts data on its volumes. */
const prepare = async (node: NodeName, place: Place, work: string): Promise<void> => {
  const { from } = wishOf(work, place);
  const name = nameOf(node, place);
  await world.create({
    apiVersion: "stowage.dev/v1alpha1",
    kind: "NodeLocalStorage",
    metadata: { name },
    spec: { nodeName: node, volumeGroup: place.group, ...from },
  });
  const names = (from.volumes ?? []).map((entry) => entry.name);
  await eventually(async () => {
    const object = await world.get("NodeLocalStorage", name);
    expect(at(object, "status.observedGeneration")).toBe(at(object, "metadata.generation"));
    expect(at(object, "status.volumeCount") ?? 0).toBe(names.length);
  }, long);
  for (const made of names) {
    await world.onNode(
      node,
      `yes ${made} | head -c 8388608 | dd of=/dev/${place.group}/${made} bs=1M iflag=fullblock conv=fsync 2>&1`,
    );
  }
};

/** What is on the disks and what is said of it, under names that are alike in all places. */
const outcome = async (node: NodeName, place: Place): Promise<object> => {
  const { group, devices } = place;
  const onDisks = await world.onNode(
    node,
    `vgs --noheadings --units b --nosuffix --options vg_free,vg_tags,pv_count ${group}
lvs --all --noheadings --options lv_name,lv_size,lv_attr,lv_tags --sort lv_name ${group}
pvs --noheadings --options pv_name,vg_name,pv_attr,pv_tags ${devices.join(" ")} 2>&1
dmsetup info --columns --noheadings --options name,suspended | grep "^${group}-" | sort
for name in keep volume; do [ -b /dev/${group}/$name ] && head -c 8388608 /dev/${group}/$name | sha256sum; done; true`,
  );
  const alike = (text: string): string =>
    devices.reduce(
      (so_far, device, index) => so_far.replaceAll(device, `device ${index}`),
      text.replaceAll(group, "group"),
    );
  const object = await world.get("NodeLocalStorage", nameOf(node, place));
  const list = (what: string, fields: readonly string[]): unknown[] =>
    ((at(object, `status.${what}`) ?? []) as object[]).map((item) =>
      fields.map((field) => at(item, field)),
    );
  return {
    lvm: alike(onDisks)
      .split("\n")
      .map((line) => line.trim().replaceAll(/\s+/g, " ")),
    generation: at(object, "status.observedGeneration") === at(object, "metadata.generation"),
    free: at(object, "status.free"),
    conditions: list("conditions", ["type", "status", "reason"]),
    volumes: list("volumes", ["name", "state", "size"]),
    devices: JSON.parse(
      alike(JSON.stringify(list("devices", ["path", "state", "reason"]))),
    ) as unknown,
    orphans: list("orphans", ["name"]),
  };
};

/** Removes the group and its object, and leaves empty devices behind. */
const clear = async (node: NodeName, { group, devices }: Place): Promise<void> => {
  await world.delete("NodeLocalStorage", `${node}.${group}`);
  await world.onNode(
    node,
    `if vgs ${group} >/dev/null 2>&1; then vgremove --force --force --yes ${group}; fi; for device in ${devices.join(" ")}; do if pvs $device >/dev/null 2>&1; then pvremove --yes $device; fi; done; wipefs --all --quiet ${devices.join(" ")}`,
  );
};

/** Lets the agent work until each place is at its stop, strikes, and looks what comes of it. */
const strikeAt = async (
  node: NodeName,
  stopped: readonly Stop[],
  blow: (node: NodeName) => Promise<void>,
): Promise<void> => {
  const commands = stepsOn(node);
  const placed = stopped.map((stop, index) => {
    const place = places[index];
    if (place === undefined) throw new Error("more stops than places");
    return { ...stop, place };
  });
  await commands.install();
  await Promise.all(placed.map(({ work, place }) => prepare(node, place, work)));
  for (const { place, step } of placed) await commands.watch(place, step);
  const brokenOff = placed.filter(isBrokenOff);
  for (const some of [placed.filter((stop) => !isBrokenOff(stop)), brokenOff]) {
    for (const { work, place } of some) {
      await world.merge("NodeLocalStorage", nameOf(node, place), { spec: wishOf(work, place).to });
    }
    for (const { place, work, step } of some) {
      await eventually(async () => {
        const state = await commands.state(place);
        expect({ work, step, ...state }).toMatchObject({ stopped: "yes" });
      }, long);
    }
  }
  await blow(node);
  for (const { work, step, place } of placed) {
    await eventually(async () => {
      expect({ work, step, ...(await outcome(node, place)) }).toEqual({
        work,
        step,
        ...undisturbed.get(work),
      });
    }, long);
  }
  for (const { place } of placed) await clear(node, place);
};

/** What is stopped half-way may hold LVM's locks, for which other groups' commands wait. */
const isBrokenOff = ({ step }: Stop): boolean => step.phase === "during";

/** As many at a time as there are places, and at most one of them stopped half-way. */
const rounds = (mine: readonly Stop[]): Stop[][] => {
  const [broken, whole] = [mine.filter(isBrokenOff), mine.filter((stop) => !isBrokenOff(stop))];
  const all: Stop[][] = [];
  while (broken.length + whole.length > 0) {
    const last = broken.splice(0, 1);
    all.push([...whole.splice(0, places.length - last.length), ...last]);
  }
  return all;
};

/** Every stop once, on all nodes at the same time; how many that were. */
const strikeEverywhere = async (blow: (node: NodeName) => Promise<void>): Promise<number> => {
  let struck = 0;
  // All nodes come to their end, so that none works on while the next test begins.
  const ends = await Promise.allSettled(
    nodes.map(async (node, index) => {
      const mine = stops.filter((_, number) => number % nodes.length === index);
      for (const some of rounds(mine)) {
        await strikeAt(node, some, blow);
        struck += some.length;
      }
    }),
  );
  for (const end of ends) if (end.status === "rejected") throw end.reason;
  return struck;
};

const killAgent = async (node: NodeName): Promise<void> => {
  await world.onNode(node, "kill -9 $(pgrep -f '[s]towage.[cm]js agent')");
  await stepsOn(node).release();
  // A new Pod, for the kubelet waits longer and longer before it starts a container again.
  await world.cluster.kubectl([
    ..."-n stowage-system delete pod -l app.kubernetes.io/component=agent".split(" "),
    `--field-selector=spec.nodeName=${node}`,
    "--force",
    "--grace-period=0",
  ]);
};

const cutPower = async (node: NodeName): Promise<void> => {
  const machine = world.cluster.node(node);
  await machine.powerCut();
  await machine.boot();
};

beforeAll(async () => {
  world = await World.enter("node-steps");
  for (const node of nodes) {
    for (const disk of disks) {
      await world.cluster
        .node(node)
        .exec(
          ["sh", "-c", `base64 -d | dd of=${disk} conv=fsync 2>&1 && blockdev --rereadpt ${disk}`],
          {
            input: partitionTable(places.map(() => 900)).toString("base64"),
          },
        );
    }
  }
});

/** What a test left behind that failed half-way. */
const clearAll = async (): Promise<void> => {
  await Promise.all(
    nodes.map(async (node) => {
      await stepsOn(node).uninstall();
      for (const place of places) {
        if ((await world.get("NodeLocalStorage", nameOf(node, place))) !== undefined) {
          await clear(node, place);
        }
      }
    }),
  );
};

afterEach(clearAll);

afterAll(async () => {
  for (const node of nodes) {
    await world.onNode(
      node,
      disks
        .map((disk) => `wipefs --all --quiet ${disk} && blockdev --rereadpt ${disk}`)
        .join(" && "),
    );
  }
  for (const program of [
    "daemonset/stowage-agent",
    "deployment/stowage-provisioner",
    "deployment/stowage-extender",
  ]) {
    await rolledOut(world.cluster, program);
  }
  await world.leave();
});

test("undisturbed, each work comes to its end, in steps that can be told apart", async () => {
  for (const node of nodes) await stepsOn(node).install();
  await Promise.all(
    Object.keys(works).map(async (work, index) => {
      const node = nodes[index % nodes.length] ?? "n1";
      const place = places[Math.floor(index / nodes.length)];
      if (place === undefined) throw new Error("more works than places");
      await prepare(node, place, work);
      await stepsOn(node).watch(place);
      const { to } = wishOf(work, place);
      await world.merge("NodeLocalStorage", nameOf(node, place), { spec: to });
      const devices = (to.devices ?? []).map((device) =>
        expect.objectContaining({ state: device.evacuate === true ? "Evacuated" : "InUse" }),
      );
      // The provisioner takes an entry out of the ledger once its tombstone has done its work.
      const volumes = (to.volumes ?? [])
        .filter((entry) => entry.delete !== true)
        .map(({ name }) => expect.objectContaining({ name, state: "Ready" }));
      await eventually(async () => {
        const object = await world.get("NodeLocalStorage", nameOf(node, place));
        expect(object).toMatchObject({ status: { devices, volumes } });
        expect(at(object, "status.observedGeneration")).toBe(at(object, "metadata.generation"));
      }, long);
      undisturbed.set(work, await outcome(node, place));
      const steps = await stepsOn(node).stepsOf(place);
      expect(steps).not.toEqual([]);
      stops.push(...steps.map((step) => ({ work, step })));
      await clear(node, place);
    }),
  );
});

test("an agent that is killed at any command ends where an undisturbed one does", async () => {
  expect(await strikeEverywhere(killAgent)).toBe(stops.length);
});

test("a node that loses its power at any command ends where an undisturbed one does", async () => {
  expect(await strikeEverywhere(cutPower)).toBe(stops.length);
});
