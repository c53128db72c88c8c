import type { KubeClient } from "@stowage/kube";
import { isKubeError } from "@stowage/kube";
import { patience } from "@stowage/test-cluster";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { AgentPod } from "../src/agent-pod.ts";
import type { Plain } from "../src/kinds.ts";
import { at, kinds } from "../src/kinds.ts";
import { leadingProvisioner } from "../src/provisioners.ts";
import { clientOfPod, clientWith } from "../src/token-client.ts";
import { World } from "../src/world.ts";

let world: World;
/** As n1's agent. */
let agent: KubeClient;

/** Of groups that are on no disk: nothing but the objects matters here. */
const groups = ["n1.token", "n2.token"] as const;

beforeAll(async () => {
  world = await World.enter("least-privilege");
  for (const name of groups) {
    await world.create({
      kind: "NodeLocalStorage",
      metadata: { name, labels: { before: "yes" } },
      spec: { nodeName: name.slice(0, 2), volumeGroup: "token" },
    });
  }
  agent = await clientOfPod(world.cluster, await new AgentPod(world, "n1").name());
});

afterAll(async () => {
  await world.cluster.kubectl(
    "delete clusterrolebinding,clusterrole too-much --ignore-not-found".split(" "),
  );
  for (const name of groups) await world.delete("NodeLocalStorage", name);
  await world.leave();
});

const reportOn = (client: KubeClient, name: string, body: Plain = {}): Promise<Plain> =>
  client.patch(
    kinds.NodeLocalStorage,
    { name },
    { kind: "merge", body: { status: { volumeCount: 0 }, ...body } },
    "status",
  );

const merge = (body: Plain) => ({ kind: "merge", body }) as const;

/** Fails unless each of the requests was forbidden. */
const expectForbidden = async (
  requests: Readonly<Record<string, Promise<unknown>>>,
): Promise<void> => {
  const names = Object.keys(requests);
  const outcomes = await Promise.allSettled(Object.values(requests));
  const allowed = names.filter((_name, index) => {
    const outcome = outcomes[index];
    return !(outcome?.status === "rejected" && isKubeError(outcome.reason, "forbidden"));
  });
  expect(allowed).toEqual([]);
};

/** All that a client may do, by SelfSubjectRulesReview, less what everybody may. */
const rightsOf = async (client: KubeClient): Promise<string[]> => {
  const review = {
    ...kinds.NodeLocalStorage,
    group: "authorization.k8s.io",
    version: "v1",
    plural: "selfsubjectrulesreviews",
    kind: "SelfSubjectRulesReview",
  };
  const answer = await client.create(review, { spec: { namespace: "stowage-system" } });
  const rules = at(answer, "status.resourceRules") as {
    readonly apiGroups: string[];
    readonly resources: string[];
    readonly verbs: string[];
  }[];
  return rules
    .filter(
      ({ apiGroups }) => !apiGroups.some((group) => /^auth(entication|orization)\./.test(group)),
    )
    .flatMap(({ apiGroups, resources, verbs }) =>
      resources.map((resource) => `${apiGroups.join()}/${resource}: ${verbs.join(" ")}`),
    )
    .toSorted();
};

test("the token of n1's agent reports on n1 and is denied n2's report, with words", async () => {
  await expect(reportOn(agent, "n1.token")).resolves.toMatchObject({ status: { volumeCount: 0 } });
  await expect(reportOn(agent, "n2.token")).rejects.toThrow(/only the status of its own node's/);
});

test("it can do nothing else at all", async () => {
  expect(await rightsOf(agent)).toEqual([
    "stowage.dev/nodelocalstorages/status: patch",
    "stowage.dev/nodelocalstorages: get list watch",
  ]);
  const body = { spec: { cordoned: true } };
  await expectForbidden({
    "its own spec": agent.patch(
      kinds.NodeLocalStorage,
      { name: "n1.token" },
      { kind: "merge", body },
    ),
    "a new report": agent.create(kinds.NodeLocalStorage, {
      metadata: { name: "n1.other" },
      spec: { nodeName: "n1", volumeGroup: "other" },
    }),
    "a deletion": agent.delete(kinds.NodeLocalStorage, { name: "n1.token" }),
    "its Node": agent.patch(
      kinds.Node,
      { name: "n1" },
      { kind: "merge", body: { spec: { taints: [] } } },
    ),
    "another Node": agent.get(kinds.Node, { name: "n2" }),
    "all Secrets": agent.list(kinds.Secret),
    "a Secret": agent.get(kinds.Secret, { name: "any", namespace: "stowage-system" }),
    "all Pods": agent.list(kinds.Pod),
    "all claims": agent.list(kinds.PersistentVolumeClaim),
    "all PersistentVolumes": agent.list(kinds.PersistentVolume),
  });
});

test("a report changes neither labels nor finalizers, nor spec, whatever it says", async () => {
  const before = await world.get("NodeLocalStorage", "n1.token");
  await reportOn(agent, "n1.token", {
    metadata: {
      labels: { before: "no", more: "yes" },
      annotations: { more: "yes" },
      finalizers: ["example.org/held"],
    },
    spec: { nodeName: "n2", cordoned: true },
  });
  const after = await world.get("NodeLocalStorage", "n1.token");
  const parts = ["metadata.labels", "metadata.annotations", "metadata.finalizers", "spec"];
  expect(parts.map((path) => at(after, path))).toEqual(parts.map((path) => at(before, path)));
});

test("a token of the agents' ServiceAccount that names no node reports on none", async () => {
  const token = await world.cluster.kubectl(
    "-n stowage-system create token stowage-agent".split(" "),
  );
  const anybody = await clientWith(world.cluster, token);
  await expect(reportOn(anybody, "n1.token")).rejects.toThrow(/only the status of its own node's/);
});

describe("were the agents granted all rights on NodeLocalStorages by mistake", () => {
  beforeAll(async () => {
    const { cluster } = world;
    await cluster.kubectl(
      "create clusterrole too-much --verb=* --resource=nodelocalstorages.stowage.dev,nodelocalstorages.stowage.dev/status".split(
        " ",
      ),
    );
    await cluster.kubectl(
      "create clusterrolebinding too-much --clusterrole=too-much --serviceaccount=stowage-system:stowage-agent".split(
        " ",
      ),
    );
    await vi.waitUntil(
      async () => (await rightsOf(agent)).includes("stowage.dev/nodelocalstorages: *"),
      { timeout: 30_000 * patience, interval: 250 },
    );
  });

  test("the policy would deny what is not a report on the own node", async () => {
    const words = /only the status of its own node's/;
    const own = { name: "n1.token" };
    const attempts = {
      "spec of its own": agent.patch(
        kinds.NodeLocalStorage,
        own,
        merge({ spec: { cordoned: true } }),
      ),
      "a finalizer on its own": agent.patch(
        kinds.NodeLocalStorage,
        own,
        merge({ metadata: { finalizers: ["example.org/held"] } }),
      ),
      "a report on another": reportOn(agent, "n2.token"),
      "a new object": agent.create(kinds.NodeLocalStorage, {
        metadata: { name: "n1.other" },
        spec: { nodeName: "n1", volumeGroup: "other" },
      }),
      "a deletion": agent.delete(kinds.NodeLocalStorage, own),
    };
    const outcomes = await Promise.allSettled(Object.values(attempts));
    const denied = Object.keys(attempts).filter((_what, index) => {
      const outcome = outcomes[index];
      return outcome?.status === "rejected" && words.test(String(outcome.reason));
    });
    expect(denied).toEqual(Object.keys(attempts));
    await expect(reportOn(agent, "n1.token")).resolves.toBeDefined();
  });
});

const volume = (name: string, annotations: Plain, source: Plain): Plain => ({
  kind: "PersistentVolume",
  metadata: { name, annotations },
  spec: {
    capacity: { storage: "1Gi" },
    accessModes: ["ReadWriteOnce"],
    persistentVolumeReclaimPolicy: "Retain",
    storageClassName: "least-privilege",
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [
          {
            matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: ["n1"] }],
          },
        ],
      },
    },
    ...source,
  },
});

test("the provisioner makes no PersistentVolume but of a logical volume, and touches no other's", async () => {
  const pod = await leadingProvisioner(world.cluster);
  const provisioner = await clientOfPod(world.cluster, pod);
  const ours = { "pv.kubernetes.io/provisioned-by": "lvm.stowage.dev" };
  const make = (annotations: Plain, source: Plain): Promise<unknown> =>
    provisioner.create(kinds.PersistentVolume, volume("least-privilege-made", annotations, source));
  for (const source of [
    { hostPath: { path: "/etc" } },
    { local: { path: "/etc" } },
    { local: { path: "/dev/sda" } },
    { local: { path: "/dev/fast/.hidden" } },
  ]) {
    await expect(make(ours, source)).rejects.toThrow(/of logical volumes/);
  }
  await expect(make({}, { local: { path: "/dev/fast/pvc-1" } })).rejects.toThrow(/that it made/);

  const others = volume("least-privilege-others", {}, { local: { path: "/mnt/others" } });
  await world.create(others);
  try {
    const name = { name: "least-privilege-others" };
    const body = { metadata: { annotations: ours } };
    await expect(
      provisioner.patch(kinds.PersistentVolume, name, { kind: "merge", body }),
    ).rejects.toThrow(/that it made/);
    await expect(provisioner.delete(kinds.PersistentVolume, name)).rejects.toThrow(/that it made/);
  } finally {
    await world.delete("PersistentVolume", "least-privilege-others");
  }
  await expectForbidden({
    "all Secrets": provisioner.list(kinds.Secret),
    "a Node": provisioner.patch(kinds.Node, { name: "n1" }, { kind: "merge", body: {} }),
  });
});

test("the extender reads, and no Secrets", async () => {
  const pods = await world.cluster.kubectl(
    "-n stowage-system get pods -l app.kubernetes.io/component=extender -o jsonpath={.items[0].metadata.name}".split(
      " ",
    ),
  );
  const rights = await rightsOf(await clientOfPod(world.cluster, pods));
  expect(rights.filter((right) => !/: (?:get|list|watch| )+$/.test(right))).toEqual([]);
  expect(rights.join()).not.toContain("secrets");
});
