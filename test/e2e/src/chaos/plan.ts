import { Random } from "@stowage/test-simulation";
import type { Blow, BlowKind } from "./blows.ts";
import { chaosNodes, nodeOf, slotNames } from "./blows.ts";

/** One blow, or two at once, and how many seconds of rest follow once all is well again. */
export type Wave = {
  readonly nth: number;
  readonly blows: readonly Blow[];
  readonly rest: number;
};

const components = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"] as const;
const programs = ["agent", "provisioner", "extender"] as const;

const pick = <T>(random: Random, list: readonly [T, ...T[]]): T => random.pick(list) ?? list[0];
const seconds = (random: Random, least: number, most: number): number =>
  Math.round(random.between(least, most));

type Makers = Readonly<Record<BlowKind, (random: Random) => Blow>>;

const disk = (random: Random) => ({
  node: pick(random, chaosNodes),
  slot: pick(random, slotNames),
  seconds: seconds(random, 3, 20),
});

const group = (random: Random) => ({
  node: pick(random, chaosNodes),
  seconds: seconds(random, 5, 25),
});

const makers: Makers = {
  kill_program: (random) => ({
    kind: "kill_program",
    program: pick(random, programs),
    node: pick(random, chaosNodes),
    afterwards: pick(random, ["restarted", "replaced"]),
  }),
  stop_program: (random) => ({
    kind: "stop_program",
    program: pick(random, programs),
    node: pick(random, chaosNodes),
    seconds: seconds(random, 5, 40),
  }),
  kill_component: (random) => ({
    kind: "kill_component",
    component: pick(random, components),
    seconds: seconds(random, 0, 15),
  }),
  power_cut: (random) => ({
    kind: "power_cut",
    node: pick(random, chaosNodes),
    seconds: seconds(random, 0, 20),
  }),
  network_cut: (random) => ({
    kind: "network_cut",
    node: pick(random, chaosNodes),
    seconds: seconds(random, 5, 45),
  }),
  disk_fails: (random) => ({ kind: "disk_fails", ...disk(random) }),
  disk_falters: (random) => ({ kind: "disk_falters", ...disk(random) }),
  disk_hangs: (random) => ({ kind: "disk_hangs", ...disk(random) }),
  disk_pulled: (random) => ({ kind: "disk_pulled", ...disk(random) }),
  cordoned: (random) => ({ kind: "cordoned", ...group(random) }),
  reserved: (random) => ({ kind: "reserved", ...group(random) }),
  filled_by_hand: (random) => ({ kind: "filled_by_hand", ...group(random) }),
  entry_dropped: (random) => ({ kind: "entry_dropped", node: pick(random, chaosNodes) }),
};

/** How often each kind comes in a round; what kills is the heart of the matter. */
const shares: Readonly<Record<BlowKind, number>> = {
  kill_program: 5,
  kill_component: 4,
  power_cut: 2,
  network_cut: 2,
  stop_program: 1,
  disk_fails: 1,
  disk_falters: 1,
  disk_hangs: 1,
  disk_pulled: 1,
  cordoned: 1,
  reserved: 1,
  filled_by_hand: 1,
  entry_dropped: 1,
};

export const blowKinds = Object.keys(shares) as readonly BlowKind[];

/** The kinds of one round, each as often as its share, in a random order: none is left out for long. */
const round = (random: Random): BlowKind[] =>
  random.shuffled(
    blowKinds.flatMap((kind) => Array.from({ length: shares[kind] }, (): BlowKind => kind)),
  );

/**
 * The waves that follow from a seed, as many as one takes. Two blows at once never strike the same
 * node: what one of them undoes, the other would need.
 */
export const waves = function* (seed: number): Generator<Wave, never> {
  const random = new Random(seed).fork("waves");
  let bag: BlowKind[] = [];
  const next = (): Blow => {
    if (bag.length === 0) bag = round(random);
    return makers[bag.shift() ?? "kill_program"](random);
  };
  for (let nth = 1; ; nth += 1) {
    const first = next();
    const second = random.isOneIn(4) ? next() : undefined;
    const clashes =
      second !== undefined &&
      (second.kind === first.kind ||
        (nodeOf(second) !== undefined && nodeOf(second) === nodeOf(first)));
    if (clashes) bag.unshift(second.kind);
    const blows = second === undefined || clashes ? [first] : [first, second];
    yield { nth, blows, rest: seconds(random, 0, 10) };
  }
};
