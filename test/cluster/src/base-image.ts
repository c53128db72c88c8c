import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { minutes } from "@stowage/clock";
import { cached, cacheKey } from "./cache-folder.ts";
import { command } from "./command.ts";
import { debianMirror } from "./debian-packages.ts";
import { ClusterError } from "./errors.ts";
import { buildah, packLayout, writeLayout } from "./image-archive.ts";
import type { Progress } from "./progress.ts";

export const dockerfile = path.join(import.meta.dirname, "../../../deploy/Dockerfile");
const release = "bookworm";

/** Paths that no program needs; what is left out here need not be unpacked on every node. */
const leftOut = ["doc", "info", "locale", "man", "zoneinfo"].map((name) => `/usr/share/${name}/*`);

export type BaseImage = {
  readonly key: string;
  /** A store of buildah that has the image under the name that the Dockerfile gives it. */
  readonly store: string;
  readonly layout: string;
  readonly archive: string;
};

/** The image that a Dockerfile starts from. @throws ClusterError `image_build_failed` */
export const baseOf = (text: string): { name: string; nodeVersion: string } => {
  const name = /^FROM (?<name>\S+)$/m.exec(text)?.groups?.["name"];
  const nodeVersion = /^node:(?<version>\d+\.\d+\.\d+)-bookworm-slim$/.exec(name ?? "")?.groups?.[
    "version"
  ];
  if (name !== undefined && nodeVersion !== undefined) return { name, nodeVersion };
  throw new ClusterError(
    "image_build_failed",
    `${dockerfile} starts from ${name ?? "nothing"}; the test cluster can stand in for node:<version>-${release}-slim only`,
  );
};

/**
 * A stand-in for the Dockerfile's base image, made without a registry: a minimal Debian with the
 * Node.js that runs us. Made once, kept in the cache.
 * @throws ClusterError `image_build_failed`
 */
export const baseImage = async (progress: Progress): Promise<BaseImage> => {
  const { name, nodeVersion } = baseOf(await readFile(dockerfile, "utf8"));
  if (`v${nodeVersion}` !== process.version) {
    throw new ClusterError(
      "image_build_failed",
      `${dockerfile} starts from Node.js ${nodeVersion}, but this is ${process.version}: give devDependency \`node\` and the Dockerfile the same version, and run this by npm`,
    );
  }
  // Where buildah looks first for a name without a registry.
  const tag = `localhost/${name}`;
  const key = cacheKey(tag, release, ...leftOut);
  const folder = await cached("base-image", key, (unfinished) =>
    progress.stage(`Making the base image ${name} (a minute, this once)`, () =>
      make(unfinished, tag),
    ),
  );
  return {
    key,
    store: path.join(folder, "store"),
    layout: path.join(folder, "layout"),
    archive: path.join(folder, "image.tar"),
  };
};

const make = async (folder: string, name: string): Promise<void> => {
  const root = path.join(folder, "root.tar");
  const mirror = await debianMirror(release);
  await command(
    [
      "mmdebstrap",
      "--quiet",
      "--mode=root",
      "--variant=minbase",
      ...leftOut.map((pattern) => `--dpkgopt=path-exclude=${pattern}`),
      `--customize-hook=copy-in ${process.execPath} /usr/local/bin`,
      '--customize-hook=rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/* "$1"/var/log/*',
      release,
      root,
      ...(mirror === undefined ? [] : [`deb ${mirror} ${release} main`]),
    ],
    { limit: minutes(15) },
  );
  const store = { root: path.join(folder, "store") };
  const container = await buildah(store, ["from", "scratch"]);
  await buildah(store, ["add", "--quiet", container, root, "/"]);
  await buildah(store, [
    "config",
    "--cmd",
    "node",
    "--env",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    container,
  ]);
  await buildah(store, ["commit", "--quiet", container, name]);
  await buildah(store, ["rm", container]);
  await rm(root);
  await writeLayout(store, name, path.join(folder, "layout"));
  await packLayout(path.join(folder, "layout"), path.join(folder, "image.tar"));
};
