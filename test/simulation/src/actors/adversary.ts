import { milliseconds, seconds } from "@stowage/clock";
import type { AdversaryAction, Whom } from "../actions.ts";
import { nthHost, pickNth } from "../doing.ts";
import { dropSnapshots } from "./others.ts";
import type { Life } from "../life.ts";
import type { Program } from "../program.ts";
import { namespace } from "../programs.ts";
import type { World } from "../world.ts";

/** Machines, networks and processes fail, at the worst of moments. */
export const doAsAdversary = (action: AdversaryAction, world: World): void => {
  const { network, story } = world;
  switch (action.kind) {
    case "power_cut":
    case "delete_node":
      cutPower(action.kind, action, world);
      return;
    case "slow_disks":
    case "bad_disks": {
      const host = nthHost(world, action.nth);
      if (host === undefined) return;
      const how = action.kind === "slow_disks" ? "slow" : "bad";
      story.tell("world", () => `the disks of ${host.name} are ${how}`);
      host.wearDown(how, seconds(action.seconds));
      return;
    }
    case "strike":
      meant(action.program, world)?.life?.arm(action.strike, action.after, action.aim);
      return;
    case "terminate":
      meant(action.program, world)?.terminate();
      return;
    case "skew": {
      const program = pickNth(world.programs, action.program);
      if (program !== undefined) program.skew = action.span;
      return;
    }
    case "stall_watches":
      hit(action, world, "watches", (life) =>
        network.stall(life, action.of, seconds(action.seconds)),
      );
      return;
    case "lag_watches":
      story.tell("world", () => `watches of ${action.of} lag by ${action.lag.toFixed(0)} ms`);
      network.spells.lag(action.of, milliseconds(action.lag), seconds(action.seconds));
      return;
    case "overload":
      hit(action, world, "requests", (life) =>
        network.spells.overload(life, seconds(action.seconds)),
      );
      return;
    case "repeat_events":
      hit(action, world, "watches", (life) => network.repeat(life));
      return;
    case "cut_watches":
      hit(action, world, "watches", (life) => network.cutWatches(life));
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
  const { cluster, programs, kubelets, network } = world;
  network.spells.end();
  for (const program of programs) {
    program.skew = 0;
    program.life?.disarm();
    program.life?.resume();
  }
  for (const { host } of kubelets) {
    boot(host.name, world);
    dropSnapshots(host, world.story);
  }
  for (const { metadata, spec } of cluster.all("nodes")) {
    if (spec.unschedulable !== true) continue;
    cluster.change("admin", "nodes", metadata.name, (now) => ({
      ...now,
      spec: { ...now.spec, unschedulable: false },
    }));
  }
};

const cutPower = (
  kind: "power_cut" | "delete_node",
  action: { readonly nth: number; readonly seconds: number },
  world: World,
): void => {
  const kubelet = pickNth(world.kubelets, action.nth);
  if (kubelet === undefined || !kubelet.host.isOn) return;
  const { name } = kubelet.host;
  const isDeleted = kind === "delete_node";
  world.story.tell("world", () => `${name} loses power${isDeleted ? ", its Node is deleted" : ""}`);
  world.coverage.add(kind, "nodes");
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

const meant = (whom: Whom, world: World): Program | undefined =>
  whom === "leader" ? world.leader() : pickNth(world.programs, whom);

const hit = (
  action: { readonly kind: string; readonly program: Whom },
  world: World,
  what: "watches" | "requests",
  act: (life: Life) => void,
): void => {
  const program = meant(action.program, world);
  if (program?.life === undefined) return;
  world.story.tell("world", () => `${action.kind} of ${program.name}`);
  world.coverage.add(action.kind, `${program.role} ${what}`);
  act(program.life);
};
