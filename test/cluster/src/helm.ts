import path from "node:path";
import { cached, cacheKey } from "./cache-folder.ts";
import type { Module } from "./go-module.ts";
import { goVersion, makeTools, readModule, stripped } from "./go-module.ts";
import type { Progress } from "./progress.ts";

const module: Module = {
  name: "helm",
  path: "helm.sh/helm/v4",
  tools: [
    {
      name: "helm",
      package: "helm.sh/helm/v4/cmd/helm",
      says: (version) => version,
      versionArgv: ["version", "--short"],
    },
  ],
  linkerFlags: (version) => `${stripped} -X helm.sh/helm/v4/internal/version.version=${version}`,
};

/**
 * Helm, of the version in binaries/helm/go.mod. It is kept in the cache by itself: a new version
 * of it means no new Kubernetes.
 * @throws ClusterError `binaries_build_failed`
 */
export const helmProgram = async (progress: Progress): Promise<string> => {
  const { mod, sum } = await readModule(module);
  const folder = await cached("helm", cacheKey(await goVersion(), mod, sum), (unfinished) =>
    makeTools(module, unfinished, progress),
  );
  return path.join(folder, "helm");
};
