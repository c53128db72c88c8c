import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { minutes, VirtualClock } from "@stowage/clock";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadCredentials } from "./credentials.ts";
import { inClusterCredentials } from "./in-cluster-credentials.ts";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "credentials-"));
});

afterEach(() => rm(directory, { recursive: true }));

const write = (name: string, text: string) => writeFile(join(directory, name), text);
const env = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" };

test("in a pod the token and the CA are read again each minute", async () => {
  const clock = new VirtualClock();
  await Promise.all([write("token", "first\n"), write("ca.crt", "CA 1")]);
  const { server, present } = await inClusterCredentials({ clock, env, directory });
  expect(server.href).toBe("https://10.96.0.1/");
  await Promise.all([write("token", "second\n"), write("ca.crt", "CA 2")]);
  expect(await present()).toEqual({
    headers: { authorization: "Bearer first" },
    tls: { ca: "CA 1" },
  });
  await clock.advance(minutes(1));
  expect(await present()).toEqual({
    headers: { authorization: "Bearer second" },
    tls: { ca: "CA 2" },
  });
});

test("a token that cannot be read is asked for again at once", async () => {
  const clock = new VirtualClock();
  await Promise.all([write("token", "first"), write("ca.crt", "CA")]);
  const { present } = await inClusterCredentials({ clock, env, directory });
  await rm(join(directory, "token"));
  await clock.advance(minutes(1));
  await expect(present()).rejects.toThrow("ENOENT");
  await write("token", "second");
  expect((await present()).headers).toEqual({ authorization: "Bearer second" });
});

test.for([
  { host: "fd00::1", port: "6443", href: "https://[fd00::1]:6443/" },
  { host: "kubernetes.default", port: "443", href: "https://kubernetes.default/" },
])("the API server at $host port $port is $href", async ({ host, port, href }) => {
  await Promise.all([write("token", "t"), write("ca.crt", "CA")]);
  const clock = new VirtualClock();
  const address = { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
  const { server } = await inClusterCredentials({ clock, env: address, directory });
  expect(server.href).toBe(href);
});

test("outside of a pod it says what to do", async () => {
  const clock = new VirtualClock();
  await expect(inClusterCredentials({ clock, env: {}, directory })).rejects.toThrow("kubeconfig");
});

const kubeconfig = (cluster: object, user: object): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "it",
    contexts: [{ name: "it", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user }],
  });

const encoded = (text: string): string => Buffer.from(text).toString("base64");

test.for([
  {
    name: "client certificates",
    cluster: {
      server: "https://10.0.0.1:6443",
      "certificate-authority-data": encoded("CA"),
      "tls-server-name": "api",
    },
    user: { "client-certificate-data": encoded("CERT"), "client-key-data": encoded("KEY") },
    presented: {
      headers: {},
      tls: {
        ca: Buffer.from("CA"),
        cert: Buffer.from("CERT"),
        key: Buffer.from("KEY"),
        servername: "api",
      },
    },
  },
  {
    name: "a token",
    cluster: { server: "https://10.0.0.1:6443", "insecure-skip-tls-verify": true },
    user: { token: "abc" },
    presented: { headers: { authorization: "Bearer abc" }, tls: { rejectUnauthorized: false } },
  },
  {
    name: "plain HTTP, as kubectl proxy serves it",
    cluster: { server: "http://127.0.0.1:8001" },
    user: {},
    presented: { headers: {}, tls: { rejectUnauthorized: false } },
  },
])("a kubeconfig with $name", async ({ cluster, user, presented }) => {
  await write("config", kubeconfig(cluster, user));
  const { server, present } = await loadCredentials({ kubeconfig: join(directory, "config") });
  expect(server.href).toBe(`${cluster.server}/`);
  expect(await present()).toEqual(presented);
});
