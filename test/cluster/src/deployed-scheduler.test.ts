import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { completeSchedulerConfiguration } from "./scheduler-configuration.ts";

/*
 * deploy/scheduler: extender.yaml is what the cluster tests give the real kube-scheduler. The others
 * say how it gets to the scheduler of a distribution; what they say must fit together.
 */

const read = (file: string): Promise<string> =>
  readFile(new URL(`../../../deploy/scheduler/${file}`, import.meta.url), "utf8");

/** The YAML that the comments of a file tell to add to extender.yaml. */
const addition = (text: string): unknown =>
  parse(
    text
      .split("\n")
      .filter((line) => line.startsWith("#      "))
      .map((line) => line.slice("#      ".length))
      .join("\n"),
  );

const volume = z.object({
  name: z.string(),
  hostPath: z.string(),
  mountPath: z.string(),
  readOnly: z.literal(true),
  pathType: z.literal("File"),
});

test.for([
  { file: "kubeadm.yaml", kubeconfig: "/etc/kubernetes/scheduler.conf" },
  { file: "kind.yaml", kubeconfig: "/etc/kubernetes/scheduler.conf" },
  { file: "k3s.yaml", kubeconfig: "/var/lib/rancher/k3s/server/cred/scheduler.kubeconfig" },
])("extender.yaml with what $file adds is one configuration", async ({ file, kubeconfig }) => {
  const added = addition(await read(file));
  expect(added).toMatchObject({ clientConnection: { kubeconfig } });
  const whole = { ...parse(await read("extender.yaml")), ...(added as object) };
  expect(parse(completeSchedulerConfiguration(whole, kubeconfig))).toMatchObject({
    kind: "KubeSchedulerConfiguration",
    clientConnection: { kubeconfig },
    extenders: [{ filterVerb: "filter", prioritizeVerb: "prioritize", ignorable: true }],
  });
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

test("kind brings the file to the node, and the node to the scheduler", async () => {
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
  const { scheduler } = z
    .object({
      scheduler: z.object({
        extraArgs: z.object({ config: z.string() }),
        extraVolumes: z.array(volume),
      }),
    })
    .parse(parse(controlPlane?.kubeadmConfigPatches[0] ?? ""));
  const { config } = scheduler.extraArgs;
  expect(controlPlane?.extraMounts.map(({ containerPath }) => containerPath)).toEqual([config]);
  expect(scheduler.extraVolumes.map(({ hostPath }) => hostPath)).toEqual([config]);
  expect(scheduler.extraVolumes.map(({ mountPath }) => mountPath)).toEqual([config]);
});

test("k3s is told a file's full path", async () => {
  const text = await read("k3s.yaml");
  const { "kube-scheduler-arg": flags } = z
    .object({ "kube-scheduler-arg": z.array(z.string()) })
    .parse(parse(text));
  expect(flags).toEqual([expect.stringMatching(/^config=\/etc\/rancher\/k3s\/.+\.yaml$/)]);
});
