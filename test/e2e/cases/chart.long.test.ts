import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { chartFolder, fileOf, Helm } from "@stowage/test-chart";
import { patience, silent, stowageImage } from "@stowage/test-cluster";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { documented } from "../src/docs/documented.ts";
import { configureScheduler, extenderAddress, installValues } from "../src/install.ts";
import type { Plain } from "../src/kinds.ts";
import { at } from "../src/kinds.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { Shell } from "../src/shell.ts";
import { eventually, World } from "../src/world.ts";

let world: World;
let helm: Helm;
let shell: Shell;

const values = [...installValues, "--wait", `--timeout=${180 * patience}s`];

beforeAll(async () => {
  world = await World.enter("chart");
  helm = await Helm.get(silent, world.cluster.kubeconfig);
  shell = await Shell.open(world.cluster, world.namespace);
  await world.storageClass(storageClass("chart", { nodes: { n1: ["/dev/ubdb"] } }), ["n1"]);
  await world.create(claim("kept", "chart", "64Mi"));
  await world.create(podWith("user", ["kept"]));
  await world.running("user");
  await world.inPod("user", "echo kept > /kept/word && sync");
});

afterAll(async () => {
  await configureScheduler(world.cluster);
  await helm.upgrade(...values);
  await shell.close();
  await world.leave();
});

const inSystem = async (words: string): Promise<Plain> =>
  JSON.parse(
    await world.cluster.kubectl(["-n", "stowage-system", ...words.split(" "), "-o", "json"]),
  ) as Plain;

const schedulesThrough = async (pod: string): Promise<void> => {
  await world.create(claim(pod, "chart", "32Mi"));
  await world.create(podWith(pod, [pod]));
  await world.running(pod);
  await world.delete("Pod", pod);
  await world.delete("PersistentVolumeClaim", pod);
};

test("kube-scheduler asks over TLS with certificates of Helm's, which an upgrade keeps", async () => {
  const { cluster } = world;
  await helm.upgrade(...values, "--set", "extender.tls.mode=selfSigned");
  const made = at(await inSystem("get secret stowage-extender-tls"), "data");
  const address = await extenderAddress(cluster);
  const proven = parse(await readFile(fileOf("deploy/scheduler/extender.yaml"), "utf8")) as {
    readonly extenders: readonly object[];
  };
  const [extender] = proven.extenders;
  const configured = {
    ...extender,
    urlPrefix: `https://${address}`,
    enableHTTPS: true,
    tlsConfig: {
      serverName: "stowage-extender.stowage-system.svc",
      caData: String((made as Plain)["ca.crt"]),
    },
    // Without an answer nothing would be scheduled: a pod that runs was asked about.
    ignorable: false,
  };
  await cluster.controlPlane.restartScheduler({ ...proven, extenders: [configured] });
  await schedulesThrough("over-tls");

  await helm.upgrade(...values, "--set", "extender.tls.mode=selfSigned");
  expect(at(await inSystem("get secret stowage-extender-tls"), "data")).toEqual(made);

  // First: with `ignorable: false` the extender's own pods could not be placed without TLS.
  await configureScheduler(cluster);
  await helm.upgrade(...values);
  await schedulesThrough("without-tls");
});

/** Names of the CRD's columns for kubectl get. */
const columns = (): Promise<string> =>
  world.cluster.kubectl(
    "get crd nodelocalstorages.stowage.dev -o jsonpath={.spec.versions[0].additionalPrinterColumns[*].name}".split(
      " ",
    ),
  );

test("an upgrade brings the CRD of the new chart", async () => {
  const before = await columns();
  const newer = await mkdtemp(path.join(tmpdir(), "stowage-chart-"));
  try {
    await cp(chartFolder, newer, { recursive: true });
    const file = path.join(newer, "files/stowage.dev_nodelocalstorages.yaml");
    const crd = parse(await readFile(file, "utf8")) as {
      spec: { versions: [{ additionalPrinterColumns: object[] }] };
    };
    crd.spec.versions[0].additionalPrinterColumns.push({
      name: "New",
      type: "string",
      jsonPath: ".spec.nodeName",
    });
    await writeFile(file, stringify(crd));
    await helm.upgradeTo(newer, ...values);
    expect(await columns()).toBe(`${before} New`);
    await shell.run(documented("operations.md", "Upgrade", "helm upgrade stowage"));
    expect(await columns()).toBe(before);
  } finally {
    await rm(newer, { recursive: true });
  }
});

test("agents can bring their own LVM, and give it up again", async () => {
  for (const node of world.cluster.nodes) await world.cluster.loadStowageLvmImage(node);
  const upgrade = documented("install.md", "Hosts without LVM", "helm upgrade stowage");
  const image = "{.spec.template.spec.containers[0].image}";
  const imageOf = (): Promise<string> =>
    world.cluster.kubectl(
      `-n stowage-system get daemonset stowage-agent -o jsonpath=${image}`.split(" "),
    );
  await shell.run(upgrade, {
    "<your registry>": "localhost",
    "lvm.mode=image": "lvm.mode=image --wait",
  });
  expect(await imageOf()).toBe("localhost/stowage-lvm:dev");
  await schedulesThrough("with-own-lvm");
  await helm.upgrade(...values);
  expect(await imageOf()).toBe(stowageImage);
  await schedulesThrough("with-the-hosts");
});

test("an uninstall keeps volumes, data and the ledger, and a new installation goes on with them", async () => {
  const ledger = at(await world.get("NodeLocalStorage", "n1.chart"), "spec");
  await helm.uninstall();
  await eventually(async () => expect(at(await inSystem("get pods"), "items")).toEqual([]));
  expect(await world.inPod("user", "cat /kept/word")).toBe("kept");
  expect(at(await world.get("NodeLocalStorage", "n1.chart"), "spec")).toEqual(ledger);
  await world.delete("Pod", "user");
  await world.create(podWith("user", ["kept"]));
  await world.running("user");
  expect(await world.inPod("user", "cat /kept/word")).toBe("kept");

  await helm.upgrade(...values);
  await configureScheduler(world.cluster);
  await world.groupReady("n1", "chart");
  expect(at(await world.get("NodeLocalStorage", "n1.chart"), "spec")).toEqual(ledger);
  await schedulesThrough("after-reinstall");
});
