import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VirtualClock } from "@stowage/clock";
import { afterAll, beforeAll, expect, test } from "vitest";
import { kubeconfigCredentials } from "./kubeconfig-credentials.ts";

let directory = "";

const kubeconfig = (
  name: string,
  options: { readonly current?: string; readonly namespace?: string } = {},
): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": options.current ?? "",
    contexts: [
      { name, context: { cluster: name, user: name, namespace: options.namespace } },
      { name: `${name}-broken`, context: { cluster: "none", user: name } },
    ],
    clusters: [{ name, cluster: { server: `https://${name}:6443` } }],
    users: [{ name, user: { token: name } }],
  });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "kubeconfig-"));
  await Promise.all([
    writeFile(join(directory, "first"), kubeconfig("first")),
    writeFile(join(directory, "second"), kubeconfig("second", { current: "second" })),
    writeFile(
      join(directory, "third"),
      kubeconfig("third", { current: "third", namespace: "shop" }),
    ),
  ]);
});

afterAll(() => rm(directory, { recursive: true }));

const load = (files: readonly string[], context?: string) =>
  kubeconfigCredentials({
    clock: new VirtualClock(),
    files: files.map((file) => join(directory, file)),
    context,
  });

test.for([
  { files: ["third"], server: "https://third:6443/", namespace: "shop" },
  { files: ["first", "second", "third"], server: "https://second:6443/", namespace: undefined },
  { files: ["third", "second"], server: "https://third:6443/", namespace: "shop" },
])("of $files the first current context counts", async ({ files, server, namespace }) => {
  const loaded = await load(files);
  expect(loaded.server.href).toBe(server);
  expect(loaded.namespace).toBe(namespace);
});

test("another context can be named, of any of the files", async () => {
  const loaded = await load(["third", "first"], "first");
  expect(loaded.server.href).toBe("https://first:6443/");
  expect((await loaded.present()).headers).toEqual({ authorization: "Bearer first" });
});

test.for(["fourth", "first-broken"])(
  "a context %s that cannot be used is told with those that there are",
  async (context) => {
    await expect(load(["first"], context)).rejects.toThrow(
      `has no cluster for the context "${context}"; it has contexts first, first-broken`,
    );
  },
);
