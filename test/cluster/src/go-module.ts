import { copyFile, readFile } from "node:fs/promises";
import path from "node:path";
import { minutes } from "@stowage/clock";
import { exists } from "./cache-folder.ts";
import { command } from "./command.ts";
import { ClusterError } from "./errors.ts";
import type { Progress } from "./progress.ts";

/** A program that is built from a Go module, or found. */
export type Tool = {
  readonly name: string;
  readonly package: string;
  /** What the program prints when asked for its version, up to the version itself. */
  readonly says: (version: string) => string;
  readonly versionArgv: readonly string[];
};

export type Module = {
  /** Folder of its go.mod below binaries/. */
  readonly name: string;
  /** The required module whose version is that of the tools. */
  readonly path: string;
  readonly tools: readonly Tool[];
  readonly linkerFlags: (version: string) => string;
};

/** Without tables that only debuggers read. */
export const stripped = "-s -w";

const sources = path.join(import.meta.dirname, "..", "binaries");

/** What a module's programs are made from, beside Go. */
export const readModule = async ({
  name,
}: Module): Promise<{ readonly mod: string; readonly sum: string }> => ({
  mod: await readFile(path.join(sources, name, "go.mod"), "utf8"),
  sum: await readFile(path.join(sources, name, "go.sum"), "utf8"),
});

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

/** @throws ClusterError `host_unsuitable` */
export const goVersion = async (): Promise<string> => {
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

/**
 * Puts a module's programs into `folder`: those that KUBEBUILDER_ASSETS or PATH has in the very
 * version that its go.mod requires are copied, the rest is built.
 * @throws ClusterError `binaries_build_failed`
 */
export const makeTools = async (
  module: Module,
  folder: string,
  progress: Progress,
): Promise<void> => {
  const version = requiredVersion((await readModule(module)).mod, module.path);
  const missing: Tool[] = [];
  for (const tool of module.tools) {
    const given = await findGiven(tool, version);
    if (given === undefined) missing.push(tool);
    else await copyFile(given, path.join(folder, tool.name));
  }
  if (missing.length === 0) return;
  await progress.stage(`Building ${module.name} ${version} (minutes, this once)`, () =>
    build(module, missing, version, folder),
  );
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
        // The linker leaves it out anyway; to make it takes the compiler a seventh of its time.
        "-gcflags=all=-dwarf=false",
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
