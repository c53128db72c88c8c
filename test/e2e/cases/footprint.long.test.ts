import { readdir, readFile } from "node:fs/promises";
import { fileOf } from "@stowage/test-chart";
import { afterAll, beforeAll, expect, test } from "vitest";
import { documented } from "../src/docs/documented.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { Shell } from "../src/shell.ts";
import { World } from "../src/world.ts";

/* docs/footprint.md. */

const programs = ["agent", "provisioner", "extender"] as const;
const mebi = 1024 ** 2;
const page = await readFile(fileOf("docs/footprint.md"), "utf8");
let world: World;
let shell: Shell;

beforeAll(async () => {
  world = await World.enter("footprint");
  shell = await Shell.open(world.cluster, world.namespace);
  await world.storageClass(
    storageClass("footprint", { nodes: { n1: ["/dev/ubdb"], n2: ["/dev/ubdb"] } }),
    ["n1", "n2"],
  );
});

afterAll(async () => {
  await shell.close();
  await world.leave();
});

const inSystem = "kubectl -n stowage-system";

test("the programs take the memory that the page tells", async () => {
  const parts =
    "daemonset/stowage-agent deployment/stowage-provisioner deployment/stowage-extender";
  await shell.run(
    `${inSystem} rollout restart ${parts}\nfor part in ${parts}; do ${inSystem} rollout status $part; done`,
  );
  for (const index of [1, 2, 3]) {
    await world.create(claim(`data-${index}`, "footprint", "64Mi"));
    await world.create(podWith(`app-${index}`, [`data-${index}`]));
    await world.running(`app-${index}`);
  }
  const lines = (await shell.run(documented("footprint.md", "Memory", "for pod in"))).split("\n");
  for (const program of programs) {
    const resident = lines
      .filter((line) => line.startsWith(`stowage-${program}-`))
      .map((line) => Number(line.split(" ").at(-1)) / mebi);
    process.stderr.write(`${program}: ${resident.map(Math.round).join(", ")} MiB\n`);
    expect(resident.length).toBeGreaterThan(1);
    const told = documentedMiB(program);
    for (const one of resident) {
      expect(one).toBeGreaterThan(told * 0.75);
      expect(one).toBeLessThan(told * 1.25);
    }
  }
});

/** What the page's table says of a program at rest. */
const documentedMiB = (program: string): number =>
  Number(new RegExp(`^\\| ${program}[^|]*\\| +(\\d+) \\|`, "m").exec(page)?.[1]);

/** Names of the files that a bundled file loads, at once or later. */
const loaded = (text: string): string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*"\.\/(?<file>[\w.-]+\.mjs)"/g)].map(
    ({ groups }) => groups?.["file"] ?? "",
  );

test("the image holds the bundled programs, of which each file is loaded by another, and nothing else of Stowage's", async () => {
  await shell.run(documented("footprint.md", "The image", "du -ch"));
  const bundled = (await readdir(fileOf("dist")))
    .filter((file) => file.endsWith(".mjs"))
    .toSorted();
  const texts = await Promise.all(bundled.map((file) => readFile(fileOf(`dist/${file}`), "utf8")));
  expect([...new Set(["stowage.mjs", ...texts.flatMap(loaded)])].toSorted()).toEqual(bundled);

  const inImage = (command: string): Promise<string> =>
    shell.run(`${inSystem} exec deployment/stowage-extender -- ${command}`);
  expect((await inImage("ls -A /stowage")).split("\n").toSorted()).toEqual(bundled);
  expect((await inImage("ls -A /usr/local/bin")).split("\n")).toEqual(["node", "stowage"]);
  // Some folders are root's, which the program is not.
  const modules = "find / -xdev -name node_modules -print 2>/dev/null; true";
  expect(await inImage(`sh -c '${modules}'`)).toBe("");
});
