import { link, readdir } from "node:fs/promises";
import path from "node:path";
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

const kubernetes: Module = {
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
};

const etcd: Module = {
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
};

const containerd: Module = {
  name: "containerd",
  path: "github.com/containerd/containerd/v2",
  tools: [
    containerdTool("containerd", ["--version"]),
    containerdTool("containerd-shim-runc-v2", ["-v"]),
    containerdTool("ctr", ["--version"]),
  ],
  linkerFlags: () => stripped,
};

/** The folder with a module's programs; made once, kept in the cache by go.mod, go.sum and the version of Go. */
const programsOf = async (module: Module, progress: Progress): Promise<string> => {
  const { mod, sum } = await readModule(module);
  const names = module.tools.map(({ name }) => name);
  return cached(module.name, cacheKey(await goVersion(), ...names, mod, sum), (folder) =>
    makeTools(module, folder, progress),
  );
};

/** Puts the programs of several folders side by side into one, without copying them. */
const joined = async (folders: readonly string[]): Promise<string> =>
  cached("binaries", cacheKey(...folders), async (unfinished) => {
    for (const folder of folders) {
      for (const program of await readdir(folder)) {
        await link(path.join(folder, program), path.join(unfinished, program));
      }
    }
  });

/** Folders with programs that are being made. */
export type Binaries = {
  /** containerd's alone: enough to unpack images, and there long before the rest. */
  readonly containerd: Promise<string>;
  /** Every program of the cluster. */
  readonly all: Promise<string>;
};

/**
 * The programs of the cluster, of the versions in binaries/<module>/go.mod. Kubernetes takes longest
 * and is built beside the others, for the end of a build, the linker's, keeps one processor busy only.
 * @throws ClusterError `binaries_build_failed`
 */
export const makeBinaries = (progress: Progress): Binaries => {
  const ofContainerd = programsOf(containerd, progress);
  const ofEtcd = ofContainerd.then(() => programsOf(etcd, progress));
  const all = Promise.all([programsOf(kubernetes, progress), ofEtcd, ofContainerd]).then(joined);
  return { containerd: ofContainerd, all };
};
