import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { baseImage, dockerfile } from "./base-image.ts";
import { cached, cacheFolder, cacheKey, exists } from "./cache-folder.ts";
import { ClusterError } from "./errors.ts";
import type { ImageStore } from "./image-archive.ts";
import { buildah, packLayout, writeLayout } from "./image-archive.ts";
import type { Progress } from "./progress.ts";

/** The image under which the tests' manifests name Stowage. */
export const stowageImage = "localhost/stowage:dev";

const repository = path.join(import.meta.dirname, "../../..");

/** An archive with all layers, or with those only that come on top of the base image. */
export type ArchiveContent = "whole" | "on top of the base";

/**
 * Builds deploy/Dockerfile with what `context`/dist holds (the repository's by default) and hands
 * an OCI archive of it to `use`; every node has the base image already.
 * @throws ClusterError `image_build_failed`
 */
export const withStowageImage = async <T>(
  progress: Progress,
  use: (archive: string) => Promise<T>,
  context: string = repository,
  content: ArchiveContent = "on top of the base",
): Promise<T> => {
  if (!(await exists(path.join(context, "dist", "stowage.mjs")))) {
    throw new ClusterError(
      "image_build_failed",
      `${context}/dist/stowage.mjs is missing: \`npm run bundle\` writes it`,
    );
  }
  const base = await baseImage(progress);
  const work = await mkdtemp(path.join(cacheFolder(), ".stowage-image-"));
  try {
    const archive = path.join(work, "stowage.tar");
    await progress.stage(`Building ${stowageImage}`, async () => {
      const store = { root: path.join(work, "store"), bases: [base.store] };
      await build(store, { file: dockerfile, tag: stowageImage, context });
      const layout = path.join(work, "layout");
      await writeLayout(store, stowageImage, layout);
      await packLayout(layout, archive, content === "whole" ? undefined : base.layout);
    });
    return await use(archive);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};

/** Builds a Dockerfile on what the store has. */
const build = (
  store: ImageStore,
  { file, tag, context }: { readonly file: string; readonly tag: string; readonly context: string },
): Promise<string> =>
  buildah(store, [
    "bud",
    "--quiet",
    "--isolation",
    "chroot",
    "--pull-never",
    "--layers=false",
    "--ignorefile",
    `${dockerfile}.dockerignore`,
    "--file",
    file,
    "--tag",
    tag,
    context,
  ]);

/** What deploy/Dockerfile.lvm makes, for agents with LVM_MODE=image. */
const stowageLvmImage = "localhost/stowage-lvm:dev";

const lvmDockerfile = path.join(repository, "deploy", "Dockerfile.lvm");

/** The image before Stowage's own programs come in, under this name. */
const lvmBase = "localhost/stowage-lvm-base";

/**
 * As withStowageImage, of deploy/Dockerfile.lvm. What it installs from Debian is made once and kept
 * in the cache. @throws ClusterError `image_build_failed`
 */
export const withStowageLvmImage = async <T>(
  progress: Progress,
  use: (archive: string) => Promise<T>,
): Promise<T> => {
  const base = await baseImage(progress);
  const [installation = ""] = (await readFile(lvmDockerfile, "utf8")).split("COPY ");
  const installed = await cached("lvm-image", cacheKey(installation, base.key), (unfinished) =>
    progress.stage("Installing LVM into an image (half a minute, this once)", async () => {
      const file = path.join(unfinished, "Dockerfile");
      await writeFile(file, installation);
      const store = { root: path.join(unfinished, "store"), bases: [base.store] };
      await build(store, { file, tag: lvmBase, context: unfinished });
    }),
  );
  const work = await mkdtemp(path.join(cacheFolder(), ".stowage-image-"));
  try {
    const archive = path.join(work, "stowage-lvm.tar");
    const file = path.join(work, "Dockerfile");
    await writeFile(file, `FROM ${lvmBase}\nCOPY dist/*.mjs /stowage/\n`);
    const store = {
      root: path.join(work, "store"),
      bases: [path.join(installed, "store"), base.store],
    };
    await build(store, { file, tag: stowageLvmImage, context: repository });
    const layout = path.join(work, "layout");
    await writeLayout(store, stowageLvmImage, layout);
    await packLayout(layout, archive, base.layout);
    return await use(archive);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};
