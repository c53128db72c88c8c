import { afterAll, beforeAll, expect, test } from "vitest";
import { configurationOf, distributions, flagsOf } from "../src/deployed-scheduler.ts";
import { configureScheduler, extenderAddress } from "../src/install.ts";
import { claim, podWith } from "../src/manifests.ts";
import { placementClass } from "../src/placement-cases.ts";
import { eventually, World } from "../src/world.ts";

const group = "files";
let world: World;

beforeAll(async () => {
  world = await World.enter("files");
  await world.storageClass(placementClass(group), ["n1", "n2"]);
});

afterAll(async () => {
  await configureScheduler(world.cluster);
  await world.leave();
});

const kubeconfigs = {
  kubeadm: "/etc/kubernetes/scheduler.conf",
  kind: "/etc/kubernetes/scheduler.conf",
  k3s: "/var/lib/rancher/k3s/server/cred/scheduler.kubeconfig",
};

test.for(distributions)(
  "kube-scheduler takes the configuration for %s, and asks the extender",
  async (distribution) => {
    const given = await configurationOf(distribution, await extenderAddress(world.cluster));
    expect(given.clientConnection).toEqual({ kubeconfig: kubeconfigs[distribution] });
    for (const flags of await flagsOf(distribution)) {
      expect(flags).toEqual([
        expect.stringMatching(/^--config=\/etc\/.*\/stowage-scheduler.yaml$/),
      ]);
    }
    // As it is but for the path of the kubeconfig, and no election among one.
    await world.cluster.controlPlane.restartScheduler(given);
    const name = `huge-${distribution}`;
    await world.create(claim(name, group, "50Gi"));
    await world.create(podWith(name, [name]));
    await eventually(async () => {
      expect(await world.messages("Pod", name)).toContainEqual(
        expect.stringContaining(`needs 50 GiB in ${group}, 3.99 GiB free of 3.99 GiB`),
      );
    });
  },
);
