import { readdir } from "node:fs/promises";
import path from "node:path";
import { chartFolder, fileOf, foreignCrds, Helm } from "@stowage/test-chart";
import { patience, silent } from "@stowage/test-cluster";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { at } from "../src/kinds.ts";
import { World } from "../src/world.ts";

let world: World;
let helm: Helm;
let foreign: string[];

beforeAll(async () => {
  world = await World.enter("chart");
  helm = await Helm.get(silent, world.cluster.kubeconfig);
  foreign = await foreignCrds();
  const files = foreign.flatMap((file) => ["-f", file]);
  await world.cluster.kubectl(["apply", "--server-side", ...files]);
  const limit = `--timeout=${60 * patience}s`;
  await world.cluster.kubectl(["wait", "--for=condition=Established", limit, ...files]);
});

afterAll(async () => {
  await world.cluster.kubectl(["delete", ...foreign.flatMap((file) => ["-f", file])]);
  await world.leave();
});

const inCi = (name: string): string => path.join(chartFolder, "ci", name);
const cases = [
  { name: "the default values", values: [] },
  ...(await readdir(path.join(chartFolder, "ci"))).map((name) => ({
    name: `ci/${name}`,
    values: ["--values", inCi(name)],
  })),
];

/**
 * What the API server would do with objects, in Helm's own name: what an earlier apply of Helm's set,
 * and this one leaves out, goes. Fails with all that it has against them.
 */
const tryOut = async (input: string): Promise<string> => {
  const { stdout } = await execa(
    world.cluster.kubectlProgram,
    "apply --server-side --force-conflicts --field-manager=helm --dry-run=server -f -".split(" "),
    { input, env: { KUBECONFIG: world.cluster.kubeconfig } },
  );
  return stdout;
};

test.for(cases)("the API server takes all that the chart makes of $name", async ({ values }) => {
  // The extender's address may not be changed while it has one.
  const rendered = await helm.template(...values, "--set", "extender.service.clusterIP=");
  const applied = await tryOut(rendered);
  expect(applied.match(/serverside-applied \(server dry run\)$/gm)).toHaveLength(
    rendered.match(/^kind: /gm)?.length ?? 0,
  );
});

test("the API server takes the manifests for those without Helm", async () => {
  const shown = await world.cluster.kubectl([
    ..."apply --server-side --force-conflicts --dry-run=server".split(" "),
    "-f",
    fileOf("crds"),
    "-f",
    fileOf("deploy/manifests"),
  ]);
  expect(shown).toContain("daemonset.apps/stowage-agent");
});

test("a field that Kubernetes does not know would be noticed", async () => {
  const rendered = await helm.template("--show-only", "templates/provisioner/deployment.yaml");
  const wrong = rendered.replace("serviceAccountName:", "serviceAccount_name:");
  await expect(tryOut(wrong)).rejects.toThrow(/serviceAccount_name/);
});

test("what is installed is the chart's release, and the CRD would outlive it", async () => {
  const crd: unknown = JSON.parse(
    await world.cluster.kubectl("get crd nodelocalstorages.stowage.dev -o json".split(" ")),
  );
  expect(at(crd, "metadata.annotations")).toMatchObject({
    "helm.sh/resource-policy": "keep",
    "meta.helm.sh/release-name": "stowage",
  });
});
