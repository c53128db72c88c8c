import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TestCluster } from "../testing/cluster.ts";
import { healthyObjects, orphan, pod, storage } from "../testing/objects.ts";

let printed: string[] = [];

beforeEach(() => {
  printed = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void printed.push(line));
});

afterEach(() => vi.restoreAllMocks());

const cluster = (): TestCluster => {
  const healthy = healthyObjects();
  const world = new TestCluster({
    ...healthy,
    pods: [...(healthy["pods"] ?? []), pod("db-0", []), pod("db-1", []), pod("web", [])],
    nodelocalstorages: [
      storage({ node: "n1", status: { orphans: [orphan("a")] } }),
      storage({ node: "n1", group: "slow" }),
      storage({ node: "n2" }),
    ],
  });
  world.meanwhile = () => new Promise(() => undefined);
  return world;
};

/** What is offered for the last of the words, as kubectl and the scripts read it. */
const completed = async (words: string, world = cluster()): Promise<string[]> => {
  printed = [];
  const { code, err } = await world.run(`complete -- ${words}`);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(printed.at(-1)).toBe(":4");
  return printed.slice(0, -1).map((line) => line.split("\t")[0] ?? "");
};

test.for([
  { words: "s", offered: ["status", "simulate"] },
  { words: "orphans ", offered: ["adopt", "collect"] },
  { words: "explain ", offered: ["pod", "help"] },
  { words: "explain pod -n shop d", offered: ["db-0", "db-1"] },
  { words: "explain pod --namespace=shop w", offered: ["web"] },
  { words: "devices ", offered: ["n1", "n2"] },
  { words: "node lost ", offered: ["n1", "n2"] },
  { words: "evacuate n1 ", offered: ["fast", "slow"] },
  { words: "evacuate n1 fast ", offered: ["/dev/disk/by-id/nvme-A1"] },
  { words: "orphans collect n1 fast ", offered: ["pvc-0000-a"] },
  { words: "orphans collect n2 fast ", offered: [] },
  { words: "volumes --all", offered: ["--all-namespaces"] },
  { words: "orphans collect --wipe ", offered: ["zero", "discard", "none"] },
])("$words is completed to $offered", async ({ words, offered }) => {
  expect(await completed(words)).toEqual(offered);
});

test.for(["simulate -f ", "status --kubeconfig ~/.k"])(
  "%s is left to the shell, which knows files",
  async (words) => {
    const { code, out } = await cluster().run(`complete -- ${words}`);
    expect({ code, out }).toEqual({ code: 0, out: ":0" });
    expect(printed).toEqual([]);
  },
);

test("without a cluster, and with one that is slow, there are the commands", async () => {
  const denied = cluster();
  denied.denied = () => true;
  expect(await completed("devices ", denied)).toEqual([]);
  const slow = cluster();
  slow.meanwhile = () => undefined;
  expect(await completed("devices ", slow)).toEqual([]);
  expect(await completed("statu", denied)).toEqual(["status"]);
});

test.for(["bash", "zsh", "fish"])(
  "completion %s prints a script that calls the program",
  async (shell) => {
    const { code } = await cluster().run(`completion ${shell}`);
    expect(code).toBe(0);
    expect(printed.join("\n")).toContain("kubectl-stowage complete --");
  },
);

test("a shell that is none ends with 2", async () => {
  expect((await cluster().run("completion csh")).code).toBe(2);
});
