import { cached, cacheKey } from "./cache-folder.ts";
import type { Module, Tool } from "./go-module.ts";
import { goVersion, makeTools, readModule, stripped } from "./go-module.ts";
import type { Progress } from "./progress.ts";

const kubernetesTool = (name: string, versionArgv: readonly string[] = ["--version"]): Tool => ({
  name,
  package: `k8s.io/kubernetes/cmd/${name}`,
  says: (version) => `Kubernetes ${version}`,
  versionArgv,
});

const containerdTool = (name: string, versionArgv: readonly string[]): Tool => ({
  name,
  package: `github.com/containerd/containerd/v2/cmd/${name}`,
  says: (version) => ` ${version} `,
  versionArgv,
});

const modules: readonly Module[] = [
  {
    name: "kubernetes",
    path: "k8s.io/kubernetes",
    tools: [
      kubernetesTool("kube-apiserver"),
      kubernetesTool("kube-controller-manager"),
      kubernetesTool("kube-scheduler"),
      kubernetesTool("kube-proxy"),
      {
        ...kubernetesTool("kubectl", ["version", "--client"]),
        says: (version) => `Client Version: ${version}`,
      },
      kubernetesTool("kubelet"),
    ],
    linkerFlags: (version) => {
      const [major = "", minor = ""] = version.slice(1).split(".");
      const variable = "k8s.io/component-base/version";
      return `${stripped} -X ${variable}.gitVersion=${version} -X ${variable}.gitMajor=${major} -X ${variable}.gitMinor=${minor}`;
    },
  },
  {
    name: "etcd",
    path: "go.etcd.io/etcd/server/v3",
    tools: [
      {
        name: "etcd",
        package: "go.etcd.io/etcd/server/v3",
        says: (version) => `etcd Version: ${version.slice(1)}`,
        versionArgv: ["--version"],
      },
    ],
    linkerFlags: () => stripped,
  },
  {
    name: "containerd",
    path: "github.com/containerd/containerd/v2",
    tools: [
      containerdTool("containerd", ["--version"]),
      containerdTool("containerd-shim-runc-v2", ["-v"]),
      containerdTool("ctr", ["--version"]),
    ],
    linkerFlags: () => stripped,
  },
];

/**
 * The folder with every program of the cluster, of the versions in binaries/<module>/go.mod; made
 * once, kept in the cache by go.mod, go.sum and the version of Go.
 * @throws ClusterError `binaries_build_failed`
 */
export const binariesFolder = async (progress: Progress): Promise<string> => {
  const go = await goVersion();
  const texts = await Promise.all(modules.map(readModule));
  const names = modules.flatMap(({ tools }) => tools.map(({ name }) => name));
  const key = cacheKey(go, ...names, ...texts.flatMap(({ mod, sum }) => [mod, sum]));
  return cached("binaries", key, async (folder) => {
    for (const module of modules) await makeTools(module, folder, progress);
  });
};
