import { readFile } from "node:fs/promises";
import path from "node:path";
import { transform } from "rolldown/utils";
import { stringify } from "yaml";
import { controlPlaneAddress } from "./address-plan.ts";
import type { NodeAddresses } from "./address-plan.ts";
import { execPort } from "./exec-protocol.ts";
import { hostFiles } from "./host-files.ts";
import type { NodeRecord } from "./state-folder.ts";

/** Images that every node has from the start. */
export const pauseImage = "localhost/pause:1";
export const busyboxImage = "localhost/busybox:1";

/** Where a node sees its own files; node-init.sh mounts them. */
const own = "/run/stowage/node";

const kubeletConfiguration = (): string =>
  stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${own}/ca.crt` },
    },
    authorization: { mode: "Webhook" },
    tlsCertFile: `${own}/kubelet.crt`,
    tlsPrivateKeyFile: `${own}/kubelet.key`,
    cgroupDriver: "cgroupfs",
    containerRuntimeEndpoint: "unix:///run/containerd/containerd.sock",
    failSwapOn: false,
    // A mounted file system grows at its pod's next sync: tests need not wait a minute for it.
    syncFrequency: "10s",
    // A node's root is the host's file system: how full that is, is not the node's affair.
    evictionHard: { "memory.available": "0%", "nodefs.available": "0%", "imagefs.available": "0%" },
    imageGCHighThresholdPercent: 100,
  });

/** Configuration of containerd 2 (version 3 of its format). Its NRI, which nothing here uses, takes seconds to start. */
const containerdConfiguration = `version = 3
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '${pauseImage}'
[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ['/usr/lib/cni']
  conf_dir = '/etc/cni/net.d'
[plugins.'io.containerd.nri.v1.nri']
  disable = true
`;

const podNetwork = (podSubnet: string): string =>
  JSON.stringify({
    cniVersion: "1.0.0",
    name: "pod",
    plugins: [
      {
        type: "ptp",
        ipMasq: false,
        ipam: {
          type: "host-local",
          ranges: [[{ subnet: podSubnet }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
    ],
  });

const quote = (value: string): string => `'${value.replaceAll("'", String.raw`'\''`)}'`;

/** Variables for node-init.sh. */
const environment = (name: string, addresses: NodeAddresses): string =>
  Object.entries({
    name,
    address: addresses.address,
    control_address: addresses.controlAddress,
    gateway: controlPlaneAddress,
    exec_port: String(execPort),
  })
    .map(([key, value]) => `${key}=${quote(value)}\n`)
    .join("");

/** What a node needs to come up as containerd's host, by file name. */
export const runtimeFiles = (): Readonly<Record<string, string>> => ({
  "containerd.toml": containerdConfiguration,
});

const sourceOf = (file: string): Promise<string> =>
  readFile(path.join(import.meta.dirname, file), "utf8");

/**
 * Without its types: in a node Node.js takes longer to get ready for stripping them than for all else.
 * @throws Error with what is wrong in the file.
 */
const withoutTypes = async (file: string): Promise<string> => {
  const { code, errors } = await transform(file, await sourceOf(file));
  if (errors.length === 0) return code;
  throw new Error(`${file}: ${errors.map(({ message }) => message).join("; ")}`);
};

/** What a node needs to join the cluster, by file name; certificates and kubeconfig come on top. */
export const nodeFiles = async (
  node: NodeRecord,
  addresses: NodeAddresses,
): Promise<Readonly<Record<string, string>>> => ({
  ...runtimeFiles(),
  ...hostFiles(node),
  "environment.sh": environment(node.name, addresses),
  "exec-server.mjs": await withoutTypes("exec-server.ts"),
  "node-disk.sh": await sourceOf("node-disk.sh"),
  "node-udev.sh": await sourceOf("node-udev.sh"),
  "kubelet.yaml": kubeletConfiguration(),
  "pod-network.conflist": podNetwork(addresses.podSubnet),
});
