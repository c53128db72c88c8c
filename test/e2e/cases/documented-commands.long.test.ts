import { afterAll, beforeAll, expect, test } from "vitest";
import { documented } from "../src/docs/documented.ts";
import { leaveBehind } from "../src/left-behind.ts";
import { looks } from "../src/looks.ts";
import { storageClass } from "../src/manifests.ts";
import { Shell } from "../src/shell.ts";
import { eventually, World } from "../src/world.ts";

/* Commands that the pages give for looking at things, on a cluster where there is something to see. */

let world: World;
let shell: Shell;

beforeAll(async () => {
  world = await World.enter("shop");
  shell = await Shell.open(world.cluster, world.namespace);
  await shell.addPlugin();
  // The names of the pages and of deploy/examples.
  await world.storageClass(
    storageClass("fast", { nodes: { n1: ["/dev/ubdb"], n2: ["/dev/ubdb"] } }),
    ["n1", "n2"],
  );
  await shell.run("kubectl apply -f deploy/examples/stateful-set.yaml");
  await shell.run("kubectl rollout status statefulset/db --timeout=180s");
});

afterAll(async () => {
  await world.delete("StatefulSet", "db");
  await shell.close();
  await world.leave();
});

test.for(looks)("$command shows what it should", async ({ command, meant, shows }) => {
  const here = command.replace("-n shop", `-n ${world.namespace}`);
  expect(await shell.run(here, meant)).toMatch(shows);
});

test("the log of all programs has the story of a volume", async () => {
  const volume = await world.volumeOf("data-db-0");
  const command = documented("logs.md", "What happens to a volume", "kubectl -n stowage-system");
  const lines = (await shell.run(command, { "pvc-7b1c...": volume })).split("\n");
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(JSON.parse(line)).toHaveProperty("level");
});

test("the extender tells why over a forwarded port", async () => {
  const forward = documented(
    "scheduling.md",
    "Why is my pod Pending?",
    "kubectl -n stowage-system",
  );
  const ask = documented("scheduling.md", "Why is my pod Pending?", "curl");
  const told = await shell.run(
    `${forward} >/dev/null & trap "kill $!" EXIT; until ${ask}; do sleep 0.5; done`,
    { "shop/db-0": `${world.namespace}/db-0` },
  );
  expect(JSON.parse(told)).toMatchObject({ pod: `${world.namespace}/db-0` });
});

test("doctor's findings can be taken apart", async () => {
  await eventually(async () => {
    const all = documented("kubectl-stowage.md", "doctor", "kubectl stowage doctor -o json");
    expect(await shell.run(all)).toBe("");
  });
  const command = documented("kubectl-stowage.md", "All commands", "kubectl stowage doctor");
  expect(await shell.run(command)).toMatch(/^Nothing is wrong\.$/m);
});

test("completion is installed in each of the documented ways", async () => {
  const bash = documented("kubectl-stowage.md", "completion", "source");
  expect(await shell.run(`${bash}\ncomplete -p kubectl-stowage`)).toContain("complete ");
  const fish = documented("kubectl-stowage.md", "completion", "kubectl stowage completion fish");
  await shell.run(`mkdir -p ~/.config/fish/completions\n${fish}\ntest -s ${fish.split("> ")[1]}`);
  const words = `kubectl __complete stowage explain pod ""`;
  const links = [
    documented("kubectl-stowage.md", "completion", "ln -s"),
    documented("kubectl-stowage.md", "Install", "ln -s").replace("/usr/local/bin", shell.programs),
  ];
  for (const link of links) {
    expect(await shell.run(`${link}\n${words}\nrm ${shell.programs}/kubectl_complete-*`)).toMatch(
      /^db-0/m,
    );
  }
});

test("orphans are shown, adopted one by one or all at once, and collected", async () => {
  const volumes: string[] = [];
  for (const claim of ["kept", "other", "unwanted", "by-hand"]) {
    volumes.push(await leaveBehind(world, { node: "n1", group: "fast", claim }));
  }
  const [kept = "", other = "", unwanted = "", byHand = ""] = volumes;
  const shown = await shell.run(
    documented("kubectl-stowage.md", "orphans", "kubectl stowage orphans"),
  );
  for (const volume of volumes) expect(shown).toContain(volume);

  await shell.run(documented("kubectl-stowage.md", "orphans", "kubectl stowage orphans adopt n1"), {
    "pvc-1f0e...": `${kept} --yes`,
  });
  await shell.run(documented("kubectl-stowage.md", "orphans", "kubectl stowage orphans collect"), {
    "pvc-1f0e...": `${unwanted} --wipe none --yes`,
  });
  await shell.run(documented("node-local-storage.md", "Volumes", "kubectl patch nls"), {
    "pvc-...": byHand,
  });
  await eventually(async () => {
    const { spec, status } = await world.group("n1", "fast");
    expect(status.orphans.map(({ name }) => name)).toEqual([other]);
    const names = spec.volumes.map(({ name }) => name);
    expect(names).toContain(kept);
    expect(names).not.toContain(byHand);
  });
  const all = documented("kubectl-stowage.md", "orphans", "kubectl stowage orphans adopt --all");
  await shell.run(all, { "--all": "--all --yes" });
  for (const volume of [kept, other]) {
    await world.until("PersistentVolume", volume, { status: { phase: "Available" } });
    await world.delete("PersistentVolume", volume);
  }
});
