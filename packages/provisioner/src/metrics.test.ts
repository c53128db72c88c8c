import type { Resource } from "@stowage/api";
import { seconds, VirtualClock } from "@stowage/clock";
import type { KubeClient } from "@stowage/kube";
import { KubeError } from "@stowage/kube";
import { expect, test } from "vitest";
import { Metrics } from "./metrics.ts";

test("creation and removal are counted by class, and timed from where they began", async () => {
  const clock = new VirtualClock();
  const metrics = new Metrics(clock);
  metrics.begin("pvc-1");
  await clock.advance(seconds(2));
  metrics.begin("pvc-1");
  await clock.advance(seconds(2));
  metrics.provisioned("pvc-1", "fast");
  metrics.provisioned("pvc-2", "fast");
  metrics.provisionFailed("fast");
  metrics.begin("pvc-1");
  await clock.advance(seconds(1));
  metrics.deleted("pvc-1", "fast");
  metrics.deleteFailed("slow");
  const text = await metrics.text();
  expect(text).toContain(
    'controller_persistentvolumeclaim_provision_total{class="fast",source=""} 2',
  );
  expect(text).toContain(
    'controller_persistentvolumeclaim_provision_failed_total{class="fast",source=""} 1',
  );
  expect(text).toContain(
    'controller_persistentvolumeclaim_provision_duration_seconds_sum{class="fast",source=""} 4',
  );
  expect(text).toContain(
    'controller_persistentvolumeclaim_provision_duration_seconds_count{class="fast",source=""} 1',
  );
  expect(text).toContain('controller_persistentvolume_delete_total{class="fast"} 1');
  expect(text).toContain('controller_persistentvolume_delete_failed_total{class="slow"} 1');
  expect(text).toContain('controller_persistentvolume_delete_duration_seconds_sum{class="fast"} 1');
});

test("an attempt that came to nothing is not part of the next one's duration", async () => {
  const clock = new VirtualClock();
  const metrics = new Metrics(clock);
  metrics.begin("pvc-1");
  await clock.advance(seconds(60));
  metrics.abandon("pvc-1");
  metrics.begin("pvc-1");
  await clock.advance(seconds(1));
  metrics.provisioned("pvc-1", "fast");
  expect(await metrics.text()).toContain(
    'controller_persistentvolumeclaim_provision_duration_seconds_sum{class="fast",source=""} 1',
  );
});

test("growth is timed by itself, also while the volume's removal begins", async () => {
  const clock = new VirtualClock();
  const metrics = new Metrics(clock);
  metrics.beginExpansion("pvc-1");
  await clock.advance(seconds(2));
  metrics.begin("pvc-1");
  await clock.advance(seconds(1));
  expect(metrics.expanded("pvc-1", "fast")).toBe(3000);
  expect(metrics.deleted("pvc-1", "fast")).toBe(1000);
  expect(metrics.expanded("pvc-2", "fast")).toBeUndefined();
  metrics.expansionRefused("fast");
  const text = await metrics.text();
  expect(text).toContain('stowage_provisioner_expansions_total{class="fast",outcome="done"} 2');
  expect(text).toContain('stowage_provisioner_expansions_total{class="fast",outcome="refused"} 1');
  expect(text).toContain('stowage_provisioner_expansion_duration_seconds_sum{class="fast"} 3');
});

test("queues are shown while this replica leads", async () => {
  const metrics = new Metrics(new VirtualClock());
  metrics.lead("leading", { volumes: { depth: 7 }, classes: { depth: 0 } });
  const leading = await metrics.text();
  expect(leading).toContain("stowage_provisioner_leader 1");
  expect(leading).toContain('stowage_provisioner_queue_depth{queue="volumes"} 7');
  expect(leading).toContain('stowage_provisioner_queue_depth{queue="classes"} 0');
  metrics.lead("waiting", {});
  const waiting = await metrics.text();
  expect(waiting).toContain("stowage_provisioner_leader 0");
  expect(waiting).not.toContain('queue="volumes"');
});

const nothing: Resource<object> = {
  group: "",
  version: "v1",
  plural: "nothings",
  kind: "Nothing",
  scope: "cluster",
  parse: () => ({}),
};

const never = (): never => {
  throw new Error("only patches are counted");
};

/** A client whose patches end like this. */
const patching = (patch: KubeClient["patch"]): KubeClient => {
  return {
    patch,
    get: never,
    find: never,
    list: never,
    create: never,
    replace: never,
    delete: never,
    watch: never,
  };
};

test.for<[string, KubeClient["patch"]]>([
  ["written", async (resource) => resource.parse({})],
  ["overtaken", () => Promise.reject(new KubeError("invalid", "patch"))],
  ["failed", () => Promise.reject(new KubeError("timeout", "patch"))],
])("a patch that is %s is counted as that", async ([outcome, patch]) => {
  const metrics = new Metrics(new VirtualClock());
  const client = metrics.countPatches(patching(patch));
  await Promise.allSettled([client.patch(nothing, { name: "a" }, { kind: "merge", body: {} })]);
  expect(await metrics.text()).toContain(
    `stowage_provisioner_ledger_patches_total{outcome="${outcome}"} 1`,
  );
});
