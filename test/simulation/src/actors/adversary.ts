import { seconds } from "@stowage/clock";
import type { AdversaryAction } from "../actions.ts";
import { pickNth } from "../doing.ts";
import type { Life } from "../life.ts";
import { namespace } from "../programs.ts";
import type { World } from "../world.ts";

/** Machines, networks and processes fail, at the worst of moments. */
export const doAsAdversary = (action: AdversaryAction, world: World): void => {
  const { network, story } = world;
  switch (action.kind) {
    case "power_cut":
    case "delete_node":
      cutPower(action, world);
      return;
    case "strike":
      pickNth(world.programs, action.program)?.life?.arm(action.strike, action.after, action.aim);
      return;
    case "terminate":
      pickNth(world.programs, action.program)?.terminate();
      return;
    case "skew": {
      const program = pickNth(world.programs, action.program);
      if (program !== undefined) program.skew = action.span;
      return;
    }
    case "stall_watches":
      hitWatches(action, world, (life) => network.stall(life, seconds(action.seconds)));
      return;
    case "repeat_events":
      hitWatches(action, world, (life) => network.repeat(life));
      return;
    case "cut_watches":
      hitWatches(action, world, (life) => network.cutWatches(life));
      return;
    case "expire_watches":
      story.tell("world", () => "every watch is too old");
      network.expire();
      return;
    case "restart_scheduler":
      story.tell("world", () => "another kube-scheduler takes over");
      world.scheduler.restart();
  }
};

/** All faults end: what was armed is forgotten, all machines and programs come up again. */
export const heal = (world: World): void => {
  const { cluster, programs, kubelets } = world;
  for (const program of programs) {
    program.skew = 0;
    program.life?.disarm();
    program.life?.resume();
  }
  for (const { host } of kubelets) boot(host.name, world);
  for (const { metadata, spec } of cluster.all("nodes")) {
    if (spec.unschedulable !== true) continue;
    cluster.change("admin", "nodes", metadata.name, (now) => ({
      ...now,
      spec: { ...now.spec, unschedulable: false },
    }));
  }
};

const cutPower = (
  action: Extract<AdversaryAction, { kind: "power_cut" | "delete_node" }>,
  world: World,
): void => {
  const kubelet = pickNth(world.kubelets, action.nth);
  if (kubelet === undefined || !kubelet.host.isOn) return;
  const { name } = kubelet.host;
  const isDeleted = action.kind === "delete_node";
  world.story.tell("world", () => `${name} loses power${isDeleted ? ", its Node is deleted" : ""}`);
  world.coverage.add(action.kind, "nodes");
  kubelet.agent.down();
  kubelet.host.cutPower();
  if (isDeleted) {
    world.cluster.delete("admin", "nodes", name);
    world.cluster.delete("admin", "pods", `${namespace}/${kubelet.agentPod}`);
  }
  world.clock.schedule(seconds(action.seconds), () => boot(name, world));
};

const boot = (name: string, world: World): void => {
  const kubelet = world.kubelets.find(({ host }) => host.name === name);
  if (kubelet === undefined || kubelet.host.isOn) return;
  world.story.tell("world", () => `${name} boots`);
  kubelet.host.boot(world.random.isOneIn(2) ? "on" : "off");
  kubelet.boot();
};

const hitWatches = (
  action: { readonly kind: string; readonly program: number },
  { programs, story, coverage }: World,
  hit: (life: Life) => void,
): void => {
  const program = pickNth(programs, action.program);
  if (program?.life === undefined) return;
  story.tell("world", () => `${action.kind} of ${program.name}`);
  coverage.add(action.kind, `${program.role} watches`);
  hit(program.life);
};
