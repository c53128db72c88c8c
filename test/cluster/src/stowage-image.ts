import { mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import { baseImage, dockerfile } from "./base-image.ts";
import { cacheFolder, exists } from "./cache-folder.ts";
import { ClusterError } from "./errors.ts";
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
      const store = { root: path.join(work, "store"), base: base.store };
      await buildah(store, [
        "bud",
        "--quiet",
        "--isolation",
        "chroot",
        "--pull-never",
        "--layers=false",
        "--ignorefile",
        `${dockerfile}.dockerignore`,
        "--file",
        dockerfile,
        "--tag",
        stowageImage,
        context,
      ]);
      const layout = path.join(work, "layout");
      await writeLayout(store, stowageImage, layout);
      await packLayout(layout, archive, content === "whole" ? undefined : base.layout);
    });
    return await use(archive);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
};
