import { nodeLocalStorages } from "@stowage/api";
import { systemClock } from "@stowage/clock";
import { isKubeError, startInformer } from "@stowage/kube";
import { patience } from "@stowage/test-cluster";
import { afterAll, beforeAll, expect, test } from "vitest";
import { at, kinds } from "../src/kinds.ts";
import { eventually, World } from "../src/world.ts";

let world: World;

beforeAll(async () => {
  world = await World.enter("kube");
});

afterAll(() => world.leave());

const silent = (): void => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

const configMap = (name: string, value: string) => ({
  kind: "ConfigMap",
  metadata: { name, labels: { "kube-test": "yes" } },
  data: { value },
});

test("an informer tells what happens, through a restart of the API server and of etcd", async () => {
  const stopping = new AbortController();
  const informer = startInformer({
    client: world.client,
    resource: {
      ...kinds.ConfigMap,
      parse: (object) => ({
        ...kinds.ConfigMap.parse(object),
        metadata: nodeLocalStorages.parse({
          metadata: at(object, "metadata"),
          spec: { nodeName: "n", volumeGroup: "v" },
        }).metadata,
      }),
    },
    selection: { namespace: world.namespace, labelSelector: "kube-test=yes" },
    clock: systemClock,
    random: Math.random,
    log,
    signal: stopping.signal,
  });
  const valueOf = (name: string): unknown =>
    at(informer.get(`${world.namespace}/${name}`), "data.value");
  await informer.synced(AbortSignal.timeout(30_000 * patience));
  await world.create(configMap("first", "1"));
  await eventually(async () => expect(valueOf("first")).toBe("1"));

  await world.cluster.controlPlane.kill("kube-apiserver");
  await world.cluster.controlPlane.kill("etcd");
  await eventually(async () => expect(informer.state().kind).toBe("stale"));
  await world.cluster.controlPlane.start("etcd");
  await world.cluster.controlPlane.start("kube-apiserver");
  await world.merge("ConfigMap", "first", { data: { value: "2" } });
  await world.create(configMap("second", "1"));
  await eventually(async () => {
    expect(valueOf("first")).toBe("2");
    expect(valueOf("second")).toBe("1");
    expect(informer.state().kind).toBe("live");
  });
  await world.delete("ConfigMap", "first");
  await eventually(async () => expect(valueOf("first")).toBeUndefined());
  stopping.abort();
});

test("of twenty writers that test the same generation exactly one wins, the others learn why", async () => {
  const name = "nowhere.kube-cas";
  await world.create({
    kind: "NodeLocalStorage",
    metadata: { name },
    spec: { nodeName: "nowhere", volumeGroup: "kube-cas" },
  });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 20 }, (_, index) =>
      world.client.patch(
        nodeLocalStorages,
        { name },
        {
          kind: "json",
          operations: [
            { op: "test", path: "/metadata/generation", value: 1 },
            { op: "add", path: "/spec/volumes/-", value: { name: `v${index}`, size: "1Gi" } },
          ],
        },
      ),
    ),
  );
  const lost = outcomes.filter((outcome) => outcome.status === "rejected");
  expect(lost).toHaveLength(19);
  expect(lost.every(({ reason }) => isKubeError(reason, "invalid"))).toBe(true);
  const { spec } = await world.client.get(nodeLocalStorages, { name });
  expect(spec.volumes).toHaveLength(1);
  await world.delete("NodeLocalStorage", name);
});

test("the API server itself refuses to shrink a volume, to take a tombstone back, to move a group", async () => {
  const name = "nowhere.kube-rules";
  await world.create({
    kind: "NodeLocalStorage",
    metadata: { name },
    spec: {
      nodeName: "nowhere",
      volumeGroup: "kube-rules",
      volumes: [
        { name: "a", size: "1Gi" },
        { name: "b", size: "1Gi", delete: true },
      ],
    },
  });
  const refused = async (spec: object, words: RegExp): Promise<void> => {
    await expect(world.merge("NodeLocalStorage", name, { spec })).rejects.toThrow(words);
  };
  const b = { name: "b", size: "1Gi", delete: true };
  await refused({ volumes: [{ name: "a", size: "1023Mi" }, b] }, /never shrinks/);
  await refused(
    {
      volumes: [
        { name: "a", size: "1Gi" },
        { name: "b", size: "1Gi" },
      ],
    },
    /tombstone/,
  );
  await refused({ nodeName: "elsewhere" }, /nodeName cannot be changed/);
  await refused({ volumes: [{ name: "../etc", size: "1Gi" }] }, /spec\.volumes\[0\]\.name/);
  await world.merge("NodeLocalStorage", name, {
    spec: { volumes: [{ name: "a", size: "2Gi" }, b] },
  });
  await world.delete("NodeLocalStorage", name);
});
