/* The manifests for those who do without Helm are what the chart renders. */

/** What is rendered for them: the image that `make image` builds, and the CRD is a file of its own. */
export const plainValues = ["--set", "image.tag=dev", "--set", "crds.install=false"] as const;

/** Folders of the chart's templates, in the order in which their objects are applied. */
const files = {
  agent: "10-agent.yaml",
  provisioner: "20-provisioner.yaml",
  extender: "30-extender.yaml",
} as const;

type Part = keyof typeof files;

const head = "# Made from deploy/charts/stowage by `npm run manifests`; do not edit.\n";

/** Nobody should take these objects for a release of Helm's. */
const ofHelm = /^ +(?:app\.kubernetes\.io\/managed-by|helm\.sh\/chart): .*\n/gm;

/** The files of deploy/manifests by name. @throws Error for a template that belongs to none of them. */
export const plainManifests = (rendered: string): ReadonlyMap<string, string> => {
  const documents: Record<Part, string[]> = { agent: [], provisioner: [], extender: [] };
  for (const part of rendered.split(/^---\n/m)) {
    const [, template, text] = /^# Source: stowage\/templates\/(\S+)\n([^]*)$/.exec(part) ?? [];
    if (template === undefined || text === undefined) {
      if (part.trim() === "") continue;
      throw new Error(`Helm does not say which template this is from:\n${part}`);
    }
    const folder = template.split("/")[0] ?? "";
    if (!isPart(folder)) throw new Error(`no file of deploy/manifests is for ${template}`);
    documents[folder].push(`${text.replaceAll(ofHelm, "").trim()}\n`);
  }
  return new Map(
    (Object.keys(files) as Part[]).map((part) => [
      files[part],
      head + documents[part].join("---\n"),
    ]),
  );
};

const isPart = (folder: string): folder is Part => folder in files;
