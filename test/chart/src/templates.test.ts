import { readFile } from "node:fs/promises";
import path from "node:path";
import { silent } from "@stowage/test-cluster";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { chartFolder, fileOf, Helm } from "./helm.ts";
import type { Rendered } from "./helm.ts";

let helm: Helm;

beforeAll(async () => {
  helm = await Helm.get(silent);
});

const everything = ["--values", path.join(chartFolder, "ci/everything-values.yaml")];

const object = (objects: readonly Rendered[], kind: string, name: string): Rendered => {
  const found = objects.find((one) => one.kind === kind && one.metadata.name === name);
  if (found === undefined) throw new Error(`the chart renders no ${kind} ${name}`);
  return found;
};

const container = z.looseObject({
  image: z.string(),
  env: z.array(z.looseObject({ name: z.string(), value: z.string().optional() })),
  securityContext: z.looseObject({}),
});
const workload = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({ containers: z.tuple([container]), serviceAccountName: z.string() }),
    }),
  }),
});

const podOf = (objects: readonly Rendered[], kind: string, name: string) =>
  workload.parse(object(objects, kind, name)).spec.template.spec;

const programs = [
  { kind: "DaemonSet", name: "stowage-agent" },
  { kind: "Deployment", name: "stowage-provisioner" },
  { kind: "Deployment", name: "stowage-extender" },
] as const;

test("a digest wins over a tag, and without either the image is of the chart's version", async () => {
  const { version } = parse(await readFile(path.join(chartFolder, "Chart.yaml"), "utf8")) as {
    readonly version: string;
  };
  const digest = `sha256:${"a".repeat(64)}`;
  for (const { set, image } of [
    { set: "image.tag=1.2.3", image: "localhost/stowage:1.2.3" },
    { set: `image.tag=1.2.3,image.digest=${digest}`, image: `localhost/stowage@${digest}` },
    { set: "image.repository=r/stowage", image: `r/stowage:${version}` },
  ]) {
    const objects = await helm.objects("--set", set);
    for (const { kind, name } of programs) {
      expect(podOf(objects, kind, name).containers[0].image).toBe(image);
    }
  }
});

test("the chart, its programs and package.json have one version", async () => {
  const chart: unknown = parse(await readFile(path.join(chartFolder, "Chart.yaml"), "utf8"));
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(fileOf("package.json"), "utf8")));
  expect(chart).toMatchObject({ version, appVersion: version });
});

describe("privileges", () => {
  test("every program has a ServiceAccount of its own and a read-only root", async () => {
    const objects = await helm.objects();
    for (const { kind, name } of programs) {
      const pod = podOf(objects, kind, name);
      expect(pod.serviceAccountName).toBe(name);
      expect(object(objects, "ServiceAccount", name)).toBeDefined();
      expect(pod.containers[0].securityContext).toMatchObject({ readOnlyRootFilesystem: true });
    }
  });

  test("provisioner and extender are as Pod Security's profile `restricted` wants them", async () => {
    const objects = await helm.objects(...everything);
    for (const name of ["stowage-provisioner", "stowage-extender"]) {
      const pod = podOf(objects, "Deployment", name);
      expect(pod).toMatchObject({
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      });
      expect(pod.containers[0].securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      for (const key of ["hostPID", "hostIPC", "hostNetwork"]) expect(pod).not.toHaveProperty(key);
    }
  });

  test("no role has a wildcard, and none reads Secrets", async () => {
    const rule = z.object({
      apiGroups: z.array(z.string()),
      resources: z.array(z.string()),
      verbs: z.array(z.string()),
    });
    const roles = (await helm.objects(...everything)).filter(({ kind }) => kind.endsWith("Role"));
    expect(roles).toHaveLength(5);
    const granted = roles.flatMap(
      (role) => z.looseObject({ rules: z.array(rule) }).parse(role).rules,
    );
    for (const { apiGroups, resources, verbs } of granted) {
      expect([...apiGroups, ...resources, ...verbs]).not.toContain("*");
      expect(resources).not.toContain("secrets");
    }
  });

  test("the admission policy is about the agent of the namespace that the chart is installed in", async () => {
    const text = await helm.template("--namespace", "elsewhere");
    expect(text).toContain('username == "system:serviceaccount:elsewhere:stowage-agent"');
    expect(text).not.toContain("stowage-system");
  });
});

test("an agent with the image's LVM is what deploy/image-mode makes of one with the host's", async () => {
  const patch = parse(await readFile(fileOf("deploy/image-mode/agent.yaml"), "utf8")) as object;
  const agent = object(
    await helm.objects("--set", "agent.lvm.mode=image"),
    "DaemonSet",
    "stowage-agent",
  );
  const { spec } = z
    .looseObject({
      spec: z.looseObject({
        template: z.looseObject({
          spec: z.looseObject({ containers: z.tuple([z.looseObject({ env: z.unknown() })]) }),
        }),
      }),
    })
    .parse(patch);
  const { containers: patched, ...patchedPod } = spec.template.spec;
  const [{ env, image: _, ...patchedContainer }] = patched;
  const { containers, ...pod } = podOf([agent], "DaemonSet", "stowage-agent");
  expect(pod).toMatchObject(patchedPod);
  expect(containers[0]).toMatchObject(patchedContainer);
  expect(containers[0].env).toEqual(expect.arrayContaining(env as unknown[]));
});

/** The YAML in the notes. */
const shown = (notes: string): unknown =>
  parse(/^ {5}extenders:\n(?: {7}.*\n)+/m.exec(notes)?.[0] ?? "");

describe("what Helm says of kube-scheduler's configuration", () => {
  test("is deploy/scheduler/extender.yaml", async () => {
    const proven = parse(await readFile(fileOf("deploy/scheduler/extender.yaml"), "utf8")) as {
      readonly extenders: readonly object[];
    };
    const [extender] = proven.extenders;
    expect(shown(await helm.notes())).toEqual({
      extenders: [{ ...extender, urlPrefix: "http://ADDRESS" }],
    });
  });

  test("asks for TLS where there is TLS, under the name on the certificate", async () => {
    const more = ["--set", "extender.tls.mode=selfSigned"];
    const objects = await helm.objects(...more);
    expect(shown(await helm.notes(...more))).toMatchObject({
      extenders: [
        {
          urlPrefix: "https://ADDRESS",
          enableHTTPS: true,
          tlsConfig: { serverName: "stowage-extender.stowage-system.svc" },
        },
      ],
    });
    const { data } = z
      .looseObject({ data: z.record(z.string(), z.string()) })
      .parse(object(objects, "Secret", "stowage-extender-tls"));
    const { X509Certificate } = await import("node:crypto");
    const certificate = new X509Certificate(Buffer.from(data["tls.crt"] ?? "", "base64"));
    const authority = new X509Certificate(Buffer.from(data["ca.crt"] ?? "", "base64"));
    expect(certificate.checkHost("stowage-extender.stowage-system.svc")).toBeDefined();
    expect(certificate.verify(authority.publicKey)).toBe(true);
  });

  test("warns of an image that no registry has", async () => {
    expect(await helm.notes()).toContain("only nodes that it was loaded into have it");
    expect(await helm.notes("--set", "image.repository=r/stowage")).not.toContain("loaded into");
  });
});
