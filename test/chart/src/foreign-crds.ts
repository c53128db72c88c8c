import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { z } from "zod";

/** Kinds of others that the chart can make objects of, as their own projects define them. */
const sources = [
  {
    module: "github.com/prometheus-operator/prometheus-operator",
    version: "v0.85.0",
    sum: "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
    files: [
      "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
      "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
    ],
  },
  {
    module: "github.com/cert-manager/cert-manager",
    version: "v1.21.2",
    sum: "h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=",
    files: ["deploy/crds/cert-manager.io_certificates.yaml"],
  },
] as const;

const downloaded = z.object({ Dir: z.string(), Sum: z.string() });

/** Their CustomResourceDefinitions, as files; out of Go modules, which Go keeps once it has them. */
export const foreignCrds = async (): Promise<string[]> => {
  const found: string[] = [];
  for (const { module, version, sum, files } of sources) {
    const { stdout } = await execa("go", ["mod", "download", "-json", `${module}@${version}`], {
      cwd: tmpdir(),
      stdin: "ignore",
    });
    const { Dir, Sum } = downloaded.parse(JSON.parse(stdout));
    if (Sum !== sum) throw new Error(`${module}@${version} is ${Sum}, and was ${sum}`);
    found.push(...files.map((file) => path.join(Dir, file)));
  }
  return found;
};
