import { readdir } from "node:fs/promises";
import path from "node:path";
import { minutes } from "@stowage/clock";
import { command } from "./command.ts";

/** Where buildah keeps images: `root` is its own, `bases` are others' that it only reads. */
export type ImageStore = { readonly root: string; readonly bases?: readonly string[] };

/**
 * Runs buildah on a store. Its vfs driver needs nothing of the host's kernel, and with the chroot
 * isolation no container runs.
 */
export const buildah = (store: ImageStore, argv: readonly string[]): Promise<string> =>
  command(
    [
      "buildah",
      "--storage-driver",
      "vfs",
      ...(store.bases ?? []).flatMap((base) => ["--storage-opt", `vfs.imagestore=${base}`]),
      "--root",
      store.root,
      "--runroot",
      `${store.root}-run`,
      ...argv,
    ],
    { limit: minutes(10) },
  );

/** The same options every time: layers that two images share must get the same digest. */
const compression = ["--compression-format", "gzip", "--compression-level", "1"] as const;

/** Writes an image of the store as an OCI layout (a folder), under its own name. */
export const writeLayout = async (
  store: ImageStore,
  image: string,
  folder: string,
): Promise<void> => {
  await buildah(store, ["push", "--quiet", ...compression, image, `oci:${folder}:${image}`]);
};

/** Packs an OCI layout into an archive, leaving out what the layout `known` has as well. */
export const packLayout = async (
  folder: string,
  archive: string,
  known?: string,
): Promise<void> => {
  const blobs = path.join("blobs", "sha256");
  const left = known === undefined ? [] : await readdir(path.join(known, blobs));
  const excluded = left.map((blob) => `--exclude=./${blobs}/${blob}`);
  await command(["tar", "-C", folder, ...excluded, "-cf", archive, "."]);
};
