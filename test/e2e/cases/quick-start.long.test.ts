import { readFile } from "node:fs/promises";
import { chartFolder, fileOf } from "@stowage/test-chart";
import { busyboxImage, Cluster, progressTo, stowageImage } from "@stowage/test-cluster";
import { systemClock } from "@stowage/clock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { blocksOf } from "../src/docs/documented.ts";
import { asShown, shownLines } from "../src/docs/shown.ts";
import type { Plain } from "../src/kinds.ts";
import { Shell } from "../src/shell.ts";

/*
 * docs/quick-start.md, followed word by word on a cluster in which there is nothing of Stowage.
 */

let cluster: Cluster;
let shell: Shell;

beforeAll(async () => {
  const progress = progressTo(systemClock, (line) => void process.stderr.write(`${line}\n`));
  cluster = await Cluster.up({ name: "quick-start", nodes: 2, progress });
  shell = await Shell.open(cluster);
});

afterAll(async () => {
  await shell.close();
  await cluster.down();
});

/** A name under which the page's pods ask for an image, for one that the nodes have. */
const nameImage = (image: string, name: string): Promise<unknown> =>
  Promise.all(
    cluster.nodes.map((node) =>
      node.exec(["ctr", "-n", "k8s.io", "images", "tag", "--force", image, name]),
    ),
  );

/** The image as it would have come from a registry. */
const pushed = async (): Promise<void> => {
  await cluster.loadStowageImage(fileOf("."));
  await nameImage(stowageImage, `localhost/stowage:${await chartVersion()}`);
  await nameImage(busyboxImage, "docker.io/library/busybox:1.37");
};

const chartVersion = async (): Promise<string> => {
  const chart = parse(await readFile(`${chartFolder}/Chart.yaml`, "utf8")) as {
    readonly appVersion: string;
  };
  return chart.appVersion;
};

/** What is done instead of a command of the page, by its beginning; `notRun` has the reasons. */
const instead: Readonly<Record<string, () => Promise<unknown>>> = {
  "npm ci": () => Promise.resolve(),
  "docker build": () => Promise.resolve(),
  "docker push": pushed,
};

const insteadOf = (command: string): (() => Promise<unknown>) | undefined =>
  Object.entries(instead).find(([beginning]) => command.startsWith(beginning))?.[1];

/** Runs a block's commands as one script, cut where something else is done; what it printed last. */
const follow = async (commands: readonly string[]): Promise<string> => {
  let script: string[] = [];
  let printed = "";
  const run = async (): Promise<void> => {
    if (script.length === 0) return;
    // The page shows what the last one prints; the others are only watched for failures.
    const last = script.pop() ?? "";
    printed = await shell.run([...script.map(quiet), last].join("\n"));
    script = [];
  };
  for (const command of commands) {
    const other = insteadOf(command);
    if (other === undefined) {
      script.push(here(command));
    } else {
      await run();
      await other();
    }
  }
  await run();
  return printed;
};

const quiet = (command: string): string =>
  /^[a-z]+=/.test(command) ? command : `{ ${command}\n} >/dev/null`;

/** The page leaves to its reader how the file gets to the scheduler. */
const giveToScheduler = async (text: string): Promise<void> => {
  await cluster.controlPlane.restartScheduler(parse(text) as Plain);
};

const schedulerFile = "stowage-scheduler.yaml";

/** The names of here for what the page says of its reader's machine and registry. */
const here = (command: string): string =>
  command
    .replaceAll("<your registry>", "localhost")
    .replaceAll("/usr/local/bin", shell.programs)
    .replaceAll(schedulerFile, `${shell.home}/${schedulerFile}`);

test("following the quick start word by word works, and prints what it shows", async () => {
  const begun = performance.now();
  const shown: Record<string, readonly string[]> = {};
  const printed: Record<string, readonly string[]> = {};
  for (const { heading, commands, output } of blocksOf("quick-start.md")) {
    const since = performance.now();
    const [first = ""] = commands.at(-1)?.split("\n") ?? [];
    const text = await follow(commands);
    if (output !== undefined) {
      shown[`${heading}: ${first}`] = shownLines(output);
      printed[`${heading}: ${first}`] = asShown(output, text);
    }
    if (commands.some((command) => command.endsWith(`> ${schedulerFile}`))) {
      await giveToScheduler(await readFile(`${shell.home}/${schedulerFile}`, "utf8"));
    }
    process.stderr.write(`${secondsSince(since)} s  ${heading}: ${first}\n`);
    if (output !== undefined) process.stderr.write(`${text}\n`);
  }
  process.stderr.write(`${secondsSince(begun)} s  the whole page\n`);
  expect(printed).toEqual(shown);
});

const secondsSince = (since: number): string => ((performance.now() - since) / 1000).toFixed(1);
