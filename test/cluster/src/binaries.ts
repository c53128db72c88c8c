import { copyFile, readFile } from "node:fs/promises";
import path from "node:path";
import { minutes } from "@stowage/clock";
import { cached, cacheKey, exists } from "./cache-folder.ts";
import { command } from "./command.ts";
import { ClusterError } from "./errors.ts";
import type { Progress } from "./progress.ts";

type Tool = {
  readonly name: string;
  readonly package: string;
  /** What the program prints when asked for its version, up to the version itself. */
  readonly says: (version: string) => string;
  readonly versionArgv: readonly string[];
};

type Module = {
  /** Folder of its go.mod below binaries/. */
  readonly name: string;
  /** The required module whose version is that of the tools. */
  readonly path: string;
  readonly tools: readonly Tool[];
  readonly linkerFlags: (version: string) => string;
};

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

const stripped = "-s -w";

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

const sources = path.join(import.meta.dirname, "..", "binaries");

/** The version that a go.mod requires of `module`. @throws ClusterError `binaries_build_failed` */
export const requiredVersion = (goMod: string, module: string): string => {
  for (const line of goMod.split("\n")) {
    const [name, version] = line
      .replace(/^require\s/, "")
      .trim()
      .split(/\s+/);
    if (name === module && version?.startsWith("v") === true) return version;
  }
  throw new ClusterError("binaries_build_failed", `the go.mod requires no version of ${module}`);
};

/** Folders in which a program of the wanted version may already lie. */
const givenFolders = (): readonly string[] =>
  [process.env["KUBEBUILDER_ASSETS"] ?? "", ...(process.env["PATH"] ?? "").split(":")].filter(
    (folder) => folder !== "",
  );

const findGiven = async (tool: Tool, version: string): Promise<string | undefined> => {
  for (const folder of givenFolders()) {
    const file = path.join(folder, tool.name);
    if (!(await exists(file))) continue;
    try {
      const said = await command([file, ...tool.versionArgv]);
      if (`${said} `.includes(tool.says(version))) return file;
    } catch {
      continue; // A program that cannot even tell its version is not the wanted one.
    }
  }
  return undefined;
};

/**
 * The folder with every program of the cluster, of the versions in binaries/<module>/go.mod. A
 * program that KUBEBUILDER_ASSETS or PATH has in that very version is copied, the rest is built;
 * all of it once, kept in the cache by go.mod, go.sum and the version of Go.
 * @throws ClusterError `binaries_build_failed`
 */
export const binariesFolder = async (progress: Progress): Promise<string> => {
  const go = await goVersion();
  const texts = await Promise.all(
    modules.map(async ({ name }) => ({
      mod: await readFile(path.join(sources, name, "go.mod"), "utf8"),
      sum: await readFile(path.join(sources, name, "go.sum"), "utf8"),
    })),
  );
  const names = modules.flatMap(({ tools }) => tools.map(({ name }) => name));
  const key = cacheKey(go, ...names, ...texts.flatMap(({ mod, sum }) => [mod, sum]));
  return cached("binaries", key, async (folder) => {
    for (const [index, module] of modules.entries()) {
      const version = requiredVersion(texts[index]?.mod ?? "", module.path);
      const missing: Tool[] = [];
      for (const tool of module.tools) {
        const given = await findGiven(tool, version);
        if (given === undefined) missing.push(tool);
        else await copyFile(given, path.join(folder, tool.name));
      }
      if (missing.length > 0) {
        await progress.stage(`Building ${module.name} ${version} (minutes, this once)`, () =>
          build(module, missing, version, folder),
        );
      }
    }
  });
};

const goVersion = async (): Promise<string> => {
  try {
    return await command(["go", "env", "GOVERSION"]);
  } catch (error) {
    throw new ClusterError(
      "host_unsuitable",
      "the cluster's programs are built with Go 1.26 or later: put `go` into the PATH",
      { cause: error },
    );
  }
};

const build = async (
  module: Module,
  tools: readonly Tool[],
  version: string,
  folder: string,
): Promise<void> => {
  // One package may be built to a file, several only to a folder, named after their last part.
  const single = tools.length === 1 ? tools[0] : undefined;
  const output = single === undefined ? `${folder}/` : path.join(folder, single.name);
  try {
    await command(
      [
        "go",
        "build",
        "-trimpath",
        "-ldflags",
        module.linkerFlags(version),
        "-o",
        output,
        ...tools.map((tool) => tool.package),
      ],
      { cwd: path.join(sources, module.name), env: { CGO_ENABLED: "0" }, limit: minutes(60) },
    );
  } catch (error) {
    throw new ClusterError(
      "binaries_build_failed",
      `building ${module.name} ${version} from ${path.join(sources, module.name)} failed: ${String(error)}`,
      { cause: error },
    );
  }
};
