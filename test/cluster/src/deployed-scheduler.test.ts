import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

/*
 * deploy/scheduler: the real kube-scheduler gets the configurations in the cluster tests. The files
 * that say how one gets to the scheduler of a distribution must fit together.
 */

const read = (file: string): Promise<string> =>
  readFile(new URL(`../../../deploy/scheduler/${file}`, import.meta.url), "utf8");

const volume = z.object({
  name: z.string(),
  hostPath: z.string(),
  mountPath: z.string(),
  readOnly: z.literal(true),
  pathType: z.literal("File"),
});

test("kubeadm mounts the very file that the scheduler is told to read", async () => {
  const { scheduler } = z
    .object({
      apiVersion: z.literal("kubeadm.k8s.io/v1beta4"),
      scheduler: z.object({
        extraArgs: z.array(z.object({ name: z.string(), value: z.string() })),
        extraVolumes: z.array(volume),
      }),
    })
    .parse(parse(await read("kubeadm.yaml")));
  const config = scheduler.extraArgs.find(({ name }) => name === "config")?.value;
  expect(scheduler.extraVolumes.map(({ hostPath }) => hostPath)).toEqual([config]);
  expect(scheduler.extraVolumes.map(({ mountPath }) => mountPath)).toEqual([config]);
});

test("kind brings the file to the node, and the node to the scheduler, in either version of kubeadm's", async () => {
  const { nodes } = z
    .object({
      nodes: z.array(
        z.object({
          role: z.string(),
          extraMounts: z
            .array(z.object({ hostPath: z.string(), containerPath: z.string() }))
            .default([]),
          kubeadmConfigPatches: z.array(z.string()).default([]),
        }),
      ),
    })
    .parse(parse(await read("kind.yaml")));
  const controlPlane = nodes.find(({ role }) => role === "control-plane");
  const mounted = controlPlane?.extraMounts.map(({ containerPath }) => containerPath);
  const patches = (controlPlane?.kubeadmConfigPatches ?? []).map((patch): unknown => parse(patch));
  expect(patches).toMatchObject([
    { apiVersion: "kubeadm.k8s.io/v1beta4", scheduler: { extraArgs: [{ name: "config" }] } },
    { apiVersion: "kubeadm.k8s.io/v1beta3", scheduler: { extraArgs: { config: mounted?.[0] } } },
  ]);
  for (const patch of patches) {
    const { scheduler } = z
      .object({ scheduler: z.object({ extraVolumes: z.array(volume) }) })
      .parse(patch);
    expect(scheduler.extraVolumes.map(({ hostPath }) => hostPath)).toEqual(mounted);
    expect(scheduler.extraVolumes.map(({ mountPath }) => mountPath)).toEqual(mounted);
  }
});

test("k3s is told a file's full path", async () => {
  const text = await read("k3s.yaml");
  const { "kube-scheduler-arg": flags } = z
    .object({ "kube-scheduler-arg": z.array(z.string()) })
    .parse(parse(text));
  expect(flags).toEqual([expect.stringMatching(/^config=\/etc\/rancher\/k3s\/.+\.yaml$/)]);
});
