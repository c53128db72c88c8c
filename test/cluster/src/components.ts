import { controlPlaneAddress, serviceRange } from "./address-plan.ts";
import { certificateFiles } from "./certificates.ts";
import type { Layout } from "./state-folder.ts";

/** In the order in which they start. */
export const componentNames = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kube-proxy",
] as const;
export type ComponentName = (typeof componentNames)[number];

/** Where a component says that it is ready; all of it over the namespace's own addresses. */
type ReadyCheck = {
  readonly scheme: "http" | "https";
  readonly port: number;
  readonly path: string;
};

export type Component = {
  readonly flags: readonly string[];
  readonly ready: ReadyCheck;
};

export type ComponentSettings = {
  readonly layout: Layout;
  readonly controllerManagerFlags: readonly string[];
};

/** kube-proxy asks for a Node of its own; the namespace has none. */
const proxiedNode = "n1";

/** How a component is started and asked; pure. */
export const componentOf = (
  name: ComponentName,
  { layout, controllerManagerFlags }: ComponentSettings,
): Component => {
  const files = (file: string) => certificateFiles(layout.pki, file);
  const serving = files(name);
  const tls = [`--tls-cert-file=${serving.certificate}`, `--tls-private-key-file=${serving.key}`];
  const serviceAccountKey = `${layout.pki}/service-account.key`;
  switch (name) {
    case "etcd":
      return {
        flags: [
          `--data-dir=${layout.etcd}`,
          "--listen-client-urls=http://127.0.0.1:2379",
          "--advertise-client-urls=http://127.0.0.1:2379",
          "--listen-peer-urls=http://127.0.0.1:2380",
          // The host keeps running whatever a test does to the nodes; waiting for its disk buys nothing.
          "--unsafe-no-fsync",
        ],
        ready: { scheme: "http", port: 2379, path: "/readyz" },
      };
    case "kube-apiserver": {
      const kubelet = files("kubelet-client");
      return {
        flags: [
          ...tls,
          "--etcd-servers=http://127.0.0.1:2379",
          "--bind-address=0.0.0.0",
          "--secure-port=443",
          `--advertise-address=${controlPlaneAddress}`,
          `--service-cluster-ip-range=${serviceRange}`,
          `--client-ca-file=${serving.authority}`,
          "--authorization-mode=Node,RBAC",
          "--enable-admission-plugins=NodeRestriction",
          "--allow-privileged=true",
          "--service-account-issuer=https://kubernetes.default.svc",
          `--service-account-key-file=${serviceAccountKey}`,
          `--service-account-signing-key-file=${serviceAccountKey}`,
          "--kubelet-preferred-address-types=InternalIP",
          `--kubelet-certificate-authority=${kubelet.authority}`,
          `--kubelet-client-certificate=${kubelet.certificate}`,
          `--kubelet-client-key=${kubelet.key}`,
        ],
        ready: { scheme: "https", port: 443, path: "/readyz" },
      };
    }
    case "kube-controller-manager":
      return {
        flags: [
          ...tls,
          `--kubeconfig=${layout.kubeconfig(name)}`,
          "--bind-address=127.0.0.1",
          "--leader-elect=false",
          "--use-service-account-credentials=true",
          `--service-account-private-key-file=${serviceAccountKey}`,
          `--root-ca-file=${serving.authority}`,
          ...controllerManagerFlags,
        ],
        ready: { scheme: "https", port: 10257, path: "/healthz" },
      };
    case "kube-scheduler":
      return {
        flags: [...tls, `--config=${layout.schedulerConfiguration}`, "--bind-address=127.0.0.1"],
        ready: { scheme: "https", port: 10259, path: "/readyz" },
      };
    case "kube-proxy":
      return {
        flags: [
          `--kubeconfig=${layout.kubeconfig(name)}`,
          "--proxy-mode=nftables",
          // One proxy serves all: nodes and their pods route to Services over the namespace. Answers
          // come back the same way only if they seem to come from here.
          "--masquerade-all",
          `--hostname-override=${proxiedNode}`,
          `--bind-address=${controlPlaneAddress}`,
          "--healthz-bind-address=127.0.0.1:10256",
          "--metrics-bind-address=127.0.0.1:10249",
          // The host's limits are not ours to change.
          "--conntrack-max-per-core=0",
          "--conntrack-tcp-timeout-established=0",
          "--conntrack-tcp-timeout-close-wait=0",
        ],
        ready: { scheme: "http", port: 10256, path: "/livez" },
      };
    default:
      return name satisfies never;
  }
};
