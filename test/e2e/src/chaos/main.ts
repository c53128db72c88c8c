import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { systemClock } from "@stowage/clock";
import { Cluster, progressTo } from "@stowage/test-cluster";
import { Random } from "@stowage/test-simulation";
import { gather } from "../evidence/gather.ts";
import { install } from "../install.ts";
import type { Account } from "./account.ts";
import { accountJson, accountText } from "./account.ts";
import { wordsOf } from "./blows.ts";
import {
  comeToRest,
  countRefusals,
  deleteEverything,
  readEverything,
  startPodsAnew,
} from "./end.ts";
import { lives } from "./life.ts";
import type { Wave } from "./plan.ts";
import { waves } from "./plan.ts";
import type { Site } from "./site.ts";
import { prepare } from "./site.ts";
import { strike } from "./strike.ts";
import { Tally } from "./tally.ts";
import { Tenant } from "./tenant.ts";
import { becomesWell } from "./well.ts";

const usage = `usage: npm run chaos -- [--minutes M] [--seed S] [--json]
  --minutes M  how long blows fall (5); all that follows takes a few minutes more
  --seed S     what is done, and in which order; a random one when absent
  --plan       only tell the first waves of the seed
  --json       the counts as the last line`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    seed: { type: "string" },
    plan: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const tenantCount = 8;
const clusterName = "chaos";
/** Until the first volumes are there, a blow would hit nothing. */
const calm = 15_000;

const print = (text: string): void => void process.stdout.write(`${text}\n`);
const begun = performance.now();
const say = (text: string): void => {
  const span = Math.round((performance.now() - begun) / 1000);
  print(`${`${Math.floor(span / 60)}`.padStart(3)}:${`${span % 60}`.padStart(2, "0")}  ${text}`);
};

const wordsOfWave = ({ nth, blows }: Wave): string =>
  `wave ${nth}: ${blows.map(wordsOf).join(", and ")}`;

type Toll = {
  readonly struck: Tally;
  readonly missed: Tally;
  longestRecovery: Account["longestRecovery"];
};

/** Deals out waves until the time is over; each is told, and ends when all is well again. */
const dealOut = async (
  seed: number,
  minutes: number,
  site: Site,
  toll: Toll,
): Promise<string[]> => {
  const end = performance.now() + minutes * 60_000;
  await sleep(calm);
  for (const wave of waves(seed)) {
    if (performance.now() > end) return [];
    const words = wordsOfWave(wave);
    say(words);
    await Promise.all(
      wave.blows.map(async (blow) => {
        const outcome = await strike(blow, site);
        (outcome === "struck" ? toll.struck : toll.missed).add(blow.kind.replaceAll("_", " "));
      }),
    );
    const recovery = await becomesWell(site);
    if (recovery.kind === "not well") {
      say(`VIOLATION: not well long after ${words}: ${recovery.why}`);
      return [`not well long after ${words}: ${recovery.why}`];
    }
    say(`  well again after ${recovery.seconds.toFixed(0)} s`);
    if (recovery.seconds > toll.longestRecovery.seconds) {
      toll.longestRecovery = { seconds: recovery.seconds, after: words };
    }
    await sleep(wave.rest * 1000);
  }
  return [];
};

/** The audits after the last blow: with all data there, and once more when all of it was deleted. */
const checkAll = async (
  site: Site,
  tenants: readonly Tenant[],
  folder: string,
): Promise<string[]> => {
  say("blows have stopped; every pod is started anew");
  const lost = await startPodsAnew(site, tenants);
  if (lost.length > 0) return lost;
  const rest = await comeToRest(site);
  say(`${rest.wrong.length} things are wrong, after ${rest.seconds.toFixed(0)} s`);
  if (rest.wrong.length > 0) {
    await writeFile(path.join(folder, "seen.json"), JSON.stringify(rest.seen, undefined, 2));
    return [...rest.wrong];
  }
  const bound = rest.seen.claims.filter(({ phase }) => phase === "Bound").length;
  site.tally.add("claims bound at the end", bound);
  site.tally.add("claims without room at the end", rest.seen.claims.length - bound);
  const unreadable = await readEverything(tenants);
  if (unreadable.length > 0) return unreadable;
  say("everything that was written is there; all of it is deleted");
  await deleteEverything(site);
  const empty = await comeToRest(site);
  await writeFile(path.join(folder, "seen.json"), JSON.stringify(empty.seen, undefined, 2));
  const left = [
    ...empty.seen.claims.map(({ key }) => `claim ${key} is left`),
    ...empty.seen.disks.flatMap(({ node, volumes }) =>
      volumes.map(({ name }) => `logical volume ${name} is left on ${node}`),
    ),
  ];
  say(`${empty.wrong.length + left.length} things are left, after ${empty.seconds.toFixed(0)} s`);
  return [...empty.wrong, ...left];
};

/** Does something while all tenants live. */
const underLoad = async <T>(tenants: readonly Tenant[], act: () => Promise<T>): Promise<T> => {
  const stopping = new AbortController();
  const living = Promise.all(tenants.map((tenant) => tenant.run(stopping.signal)));
  try {
    return await Promise.race([
      act(),
      living.then((): never => {
        throw new Error("the load ended by itself");
      }),
    ]);
  } finally {
    stopping.abort(new Error("the load stops"));
    await living;
  }
};

const run = async (seed: number, minutes: number): Promise<Account> => {
  const folder = path.join(tmpdir(), `stowage-chaos-${seed}`);
  await mkdir(folder, { recursive: true });
  const since = new Date();
  say(`seed ${seed}, ${minutes} minutes of blows`);
  const progress = progressTo(systemClock, say);
  await using cluster = await Cluster.up({ name: clusterName, progress });
  await install(cluster, progress);
  const site = await prepare(cluster, say);
  const toll: Toll = {
    struck: new Tally(),
    missed: new Tally(),
    longestRecovery: { seconds: 0, after: "nothing" },
  };
  const violations: string[] = [];
  const tenants = Array.from(
    { length: tenantCount },
    (_, index) =>
      new Tenant(
        site,
        `t${index + 1}`,
        lives(new Random(seed).fork(`tenant ${index + 1}`)),
        (what) => {
          say(`VIOLATION: ${what}`);
          violations.push(what);
        },
      ),
  );
  try {
    violations.push(...(await underLoad(tenants, () => dealOut(seed, minutes, site, toll))));
    violations.push(...(await checkAll(site, tenants, folder)));
  } catch (error) {
    // Whatever the reason, the run did not come to its end, and nobody knows what was lost.
    const why = `the run broke off: ${error instanceof Error ? error.stack : String(error)}`;
    say(why);
    violations.push(why);
  }
  if (violations.length > 0) {
    await gather(folder, { what: `chaos of seed ${seed}`, since, errors: violations });
    say(`what there is to see is in ${folder}`);
  }
  const refusals = new Tally();
  await countRefusals(site, refusals);
  return {
    seed,
    minutes,
    blows: toll.struck,
    missed: toll.missed,
    operations: site.tally,
    refusals,
    longestRecovery: toll.longestRecovery,
    violations,
  };
};

const main = async (): Promise<number> => {
  if (values.help) {
    print(usage);
    return 0;
  }
  const minutes = Number(values.minutes);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  if (!(minutes > 0) || !Number.isSafeInteger(seed) || seed < 0) throw new Error(usage);
  if (values.plan) {
    for (const wave of waves(seed)) {
      print(`${wordsOfWave(wave)}; then ${wave.rest} s of rest`);
      if (wave.nth === 30) return 0;
    }
  }
  const account = await run(seed, minutes);
  print(accountText(account));
  if (values.json) print(accountJson(account));
  return account.violations.length === 0 ? 0 : 1;
};

process.exit(await main());
