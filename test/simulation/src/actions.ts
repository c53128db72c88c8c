import type { Aim, Strike, Target } from "./life.ts";
import { targets } from "./life.ts";
import type { Random } from "./random.ts";
import { milliseconds, seconds } from "@stowage/clock";

/** Which program is meant: one by its place, or the provisioner that leads at that moment. */
export type Whom = number | "leader";

/** `nth` picks among what is there then. */
export type UserAction = { readonly by: "user" } & (
  | {
      readonly kind: "create_pod";
      readonly claims: readonly {
        readonly mebibytes: number;
        readonly storageClass: string;
        readonly mode: "Filesystem" | "Block";
        /** Whether it comes and goes with its pod. */
        readonly lifetime: "own" | "pod's";
      }[];
    }
  | {
      readonly kind: "pod_again" | "delete_pod" | "delete_claim" | "delete_both";
      readonly nth: number;
    }
  | { readonly kind: "grow_claim"; readonly nth: number; readonly mebibytes: number }
);

export type AdminAction = { readonly by: "admin" } & (
  | {
      readonly kind: "cordon_group" | "cordon_node" | "empty_by_hand" | "save_group";
      readonly nth: number;
    }
  | { readonly kind: "add_device"; readonly nth: number; readonly device: "clean" | "foreign" }
  | {
      readonly kind: "fill_by_hand" | "enter_by_hand";
      readonly nth: number;
      readonly extents: number;
    }
  | { readonly kind: "condemn_by_hand"; readonly nth: number }
  | { readonly kind: "snapshot" | "drop_snapshot" | "use_device"; readonly nth: number }
  | { readonly kind: "replace_group"; readonly nth: number; readonly check: "version" | "force" }
);

export type AdversaryAction = { readonly by: "adversary" } & (
  | {
      readonly kind: "power_cut" | "delete_node" | "slow_disks" | "bad_disks";
      readonly nth: number;
      readonly seconds: number;
    }
  | {
      readonly kind: "strike";
      readonly program: Whom;
      readonly after: number;
      readonly aim: Aim;
      readonly strike: Strike;
    }
  | { readonly kind: "terminate" | "repeat_events" | "cut_watches"; readonly program: Whom }
  | { readonly kind: "skew"; readonly program: number; readonly span: number }
  | {
      readonly kind: "stall_watches";
      readonly program: Whom;
      /** All of them, or that of one kind of objects alone. */
      readonly of: Target | "all";
      readonly seconds: number;
    }
  | {
      readonly kind: "lag_watches";
      readonly of: Target;
      /** In milliseconds. */
      readonly lag: number;
      readonly seconds: number;
    }
  | { readonly kind: "overload"; readonly program: Whom; readonly seconds: number }
  | { readonly kind: "expire_watches" | "restart_scheduler" }
);

/** Something that people, the world or the adversary do. */
export type Action = UserAction | AdminAction | AdversaryAction;

/** At which step of the run it is done. */
export type Planned = { readonly step: number; readonly action: Action };

type Make = (random: Random) => Action;

const nth = (random: Random): number => random.below(1000);

/** Much of what goes wrong goes wrong at whoever writes the ledgers. */
const whom = (random: Random): Whom => (random.isOneIn(2) ? "leader" : nth(random));

const users: readonly Make[] = [
  (random) => ({
    by: "user",
    kind: "create_pod",
    claims: Array.from({ length: random.isOneIn(4) ? 2 : 1 }, () => ({
      mebibytes: random.isOneIn(6) ? 1 + random.below(600) : 40 * (1 + random.below(8)),
      storageClass: random.isOneIn(8) ? "kept" : random.isOneIn(8) ? "at-once" : "fast",
      mode: random.fork("mode").isOneIn(3) ? "Block" : "Filesystem",
      lifetime: random.fork("lifetime").isOneIn(6) ? "pod's" : "own",
    })),
  }),
  (random) => ({ by: "user", kind: "pod_again", nth: nth(random) }),
  (random) => ({ by: "user", kind: "delete_pod", nth: nth(random) }),
  (random) => ({ by: "user", kind: "delete_claim", nth: nth(random) }),
  (random) => ({ by: "user", kind: "delete_both", nth: nth(random) }),
  (random) => ({
    by: "user",
    kind: "grow_claim",
    nth: nth(random),
    mebibytes: 4 + random.below(200),
  }),
];

const admins: readonly Make[] = [
  (random) => ({ by: "admin", kind: "cordon_group", nth: nth(random) }),
  (random) => ({ by: "admin", kind: "cordon_node", nth: nth(random) }),
  (random) => ({
    by: "admin",
    kind: "add_device",
    nth: nth(random),
    device: random.isOneIn(2) ? "clean" : "foreign",
  }),
  (random) => ({
    by: "admin",
    kind: "fill_by_hand",
    nth: nth(random),
    extents: 1 + random.below(60),
  }),
  (random) => ({ by: "admin", kind: "empty_by_hand", nth: nth(random) }),
  (random) => ({
    by: "admin",
    kind: "enter_by_hand",
    nth: nth(random),
    extents: 1 + random.below(60),
  }),
  (random) => ({ by: "admin", kind: "condemn_by_hand", nth: nth(random) }),
  (random) => ({ by: "admin", kind: "save_group", nth: nth(random) }),
  (random) => ({
    by: "admin",
    kind: "replace_group",
    nth: nth(random),
    check: random.isOneIn(2) ? "version" : "force",
  }),
];

const strikes: readonly ((random: Random) => Strike)[] = [
  () => ({ kind: "kill" }),
  (random) => ({ kind: "pause", span: seconds(random.between(1, 40)) }),
  (random) => ({ kind: "pause", span: seconds(60), overtakings: 1 + random.below(4) }),
  () => ({ kind: "cut" }),
  (random) => ({ kind: "slow", span: seconds(random.between(1, 45)) }),
  (random) => ({ kind: "server_error", status: random.pick([429, 500, 503, 504]) ?? 500 }),
];

/** What befalls the commands of a node. */
const commandStrikes: readonly ((random: Random) => Strike)[] = [
  () => ({ kind: "kill" }),
  () => ({ kind: "fail" }),
  (random) => ({ kind: "hang", span: milliseconds(random.between(1000, 300_000)) }),
];

const shortOrLong = (random: Random): number => random.between(1, random.isOneIn(2) ? 8 : 60);

const aims: readonly Aim[] = ["any", "write", "confirm", ...targets];

const strikeLeader: Make = (random) => ({
  by: "adversary",
  kind: "strike",
  program: "leader",
  after: 1 + random.below(random.isOneIn(3) ? 20 : 4),
  aim: random.pick(aims) ?? "any",
  strike: (random.pick(strikes) ?? strikes[0])?.(random) ?? { kind: "kill" },
});

const strikeAny: Make = (random) => ({
  by: "adversary",
  kind: "strike",
  program: nth(random),
  after: 1 + random.below(random.isOneIn(3) ? 20 : 4),
  aim: random.isOneIn(4) ? "any" : "write",
  strike: random.pick([...strikes, ...commandStrikes])?.(random) ?? { kind: "kill" },
});

/** It hands over its lease at once, to one whose caches may lag behind what it has just written. */
const endLeader: Make = () => ({ by: "adversary", kind: "terminate", program: "leader" });

/** At whoever writes the ledgers, or at any program. */
const strikers: readonly Make[] = [strikeLeader, strikeLeader, strikeAny, strikeAny, endLeader];

const lagging: Make = (random) => ({
  by: "adversary",
  kind: "lag_watches",
  of: random.pick(targets) ?? targets[0],
  lag: random.between(50, random.isOneIn(2) ? 500 : 15_000),
  seconds: random.between(5, 500),
});

const troubles: readonly Make[] = [
  (random) => ({ by: "adversary", kind: "terminate", program: whom(random) }),
  (random) => ({
    by: "adversary",
    kind: "skew",
    program: nth(random),
    span: Math.round(random.between(-100_000, 100_000)),
  }),
  (random) => ({
    by: "adversary",
    kind: "stall_watches",
    program: whom(random),
    of: "all",
    seconds: shortOrLong(random),
  }),
  (random) => ({
    by: "adversary",
    kind: "stall_watches",
    program: whom(random),
    of: random.pick(targets) ?? "all",
    seconds: shortOrLong(random),
  }),
  lagging,
  (random) => ({
    by: "adversary",
    kind: "overload",
    program: whom(random),
    seconds: random.between(1, 20),
  }),
  (random) => ({ by: "adversary", kind: "repeat_events", program: whom(random) }),
  (random) => ({ by: "adversary", kind: "cut_watches", program: whom(random) }),
  () => ({ by: "adversary", kind: "expire_watches" }),
  (random) => ({
    by: "adversary",
    kind: random.isOneIn(2) ? "slow_disks" : "bad_disks",
    nth: nth(random),
    seconds: random.between(5, 120),
  }),
  () => ({ by: "adversary", kind: "restart_scheduler" }),
  (random) => ({
    by: "adversary",
    kind: "power_cut",
    nth: nth(random),
    seconds: random.between(5, 200),
  }),
  (random) => ({
    by: "adversary",
    kind: "delete_node",
    nth: nth(random),
    seconds: random.between(10, 300),
  }),
];

/**
 * What others do to a node's disks, and commands that do nothing. Planned apart from all else, so that
 * a history without it is what it was.
 */
const ofOthers: readonly Make[] = [
  (random) => ({ by: "admin", kind: "snapshot", nth: nth(random) }),
  (random) => ({ by: "admin", kind: "snapshot", nth: nth(random) }),
  (random) => ({ by: "admin", kind: "drop_snapshot", nth: nth(random) }),
  (random) => ({ by: "admin", kind: "use_device", nth: nth(random) }),
  (random) => ({
    by: "adversary",
    kind: "strike",
    program: nth(random),
    after: 1 + random.below(6),
    aim: "write",
    strike: { kind: "no_effect" },
  }),
];

const planOthers = (random: Random, steps: number): Planned[] => {
  const pace = random.pick([0, 0, 40, 120]) ?? 0;
  if (pace === 0) return [];
  return Array.from({ length: Math.floor(steps / pace) }, (): Planned[] => {
    const action = random.pick(ofOthers)?.(random);
    return action === undefined ? [] : [{ step: random.below(steps), action }];
  }).flat();
};

/** Some of them: what befalls a run shows best when not all else befalls it too. */
const someOf = <T>(list: readonly T[], random: Random): readonly T[] =>
  random.shuffled(list).slice(0, 1 + random.below(list.length));

/** What is done in a run of so many steps: all of it follows from the seed. */
export const planActions = (random: Random, steps: number): Planned[] => {
  const planned: Planned[] = [];
  // Some runs are calm, and some have no admin in them: rare things show best when they are alone.
  const faults = random.pick([0.7, 0.5, 0.3, 0]) ?? 0;
  const changes = random.pick([0.2, 0.1, 0]) ?? 0;
  const pace = random.between(5, 50);
  // How much of what users do is new pods: many of them fill the disks and wait, with few of them
  // there is room, and more is grown and deleted.
  const appetite = random.fork("appetite").pick([0.5, 0.25, 0.1]) ?? 0.5;
  const troublesNow = someOf(troubles, random.fork("troubles"));
  const lag = random.fork("lag");
  if (faults > 0 && lag.isOneIn(2)) planned.push({ step: 0, action: lagging(lag) });
  // Things happen one by one, and several at a time.
  const pause = (): number => -Math.log(1 - random.next()) * (random.isOneIn(4) ? 2 : pace);
  for (let step = 1; step < steps; step += 1 + Math.floor(pause())) {
    const chance = planned.length < 3 ? 1 : random.next();
    const adversary = random.isOneIn(2) ? strikers : troublesNow;
    const makers = chance < faults ? adversary : chance < faults + changes ? admins : users;
    const make = makers === users && random.next() < appetite ? users[0] : random.pick(makers);
    if (make !== undefined) planned.push({ step, action: make(random) });
  }
  const others = planOthers(random.fork("others"), steps);
  return [...planned, ...others].toSorted((one, other) => one.step - other.step);
};
