import { readdirSync, readFileSync } from "node:fs";

const root = new URL("../../../../", import.meta.url);

export const readPage = (page: string): string => readFileSync(new URL(page, root), "utf8");

/** Whether the repository has such a file or folder; for links. */
export const folderOf = (page: string): URL => new URL(".", new URL(page, root));

const markdownIn = (folder: string): string[] =>
  readdirSync(new URL(folder, root))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `${folder}${file}`);

/** What tells users what to do, by its path in the repository. */
export const pages: readonly string[] = [
  "README.md",
  ...markdownIn("docs/"),
  "deploy/charts/stowage/README.md",
];

/** All that links are looked for in. */
export const allPages: readonly string[] = [
  ...pages,
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "test/cluster/README.md",
  "test/e2e/README.md",
  "test/simulation/README.md",
  ...markdownIn("docs/decisions/"),
];
