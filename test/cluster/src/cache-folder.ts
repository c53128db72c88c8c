import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";

/** Outside the checkout: what takes minutes to make outlives a fresh clone. */
export const cacheFolder = (): string =>
  path.join(process.env["XDG_CACHE_HOME"] ?? path.join(homedir(), ".cache"), "stowage", "cluster");

/** A name for a cached thing that changes with everything it was made from. */
export const cacheKey = (...ingredients: readonly string[]): string => {
  const hash = createHash("sha256");
  for (const ingredient of ingredients) hash.update(`${ingredient.length}:${ingredient}`);
  return hash.digest("hex").slice(0, 16);
};

export const exists = async (file: string): Promise<boolean> => {
  try {
    await stat(file);
    return true;
  } catch {
    return false;
  }
};

const unusedLimitMs = 7 * 24 * 60 * 60 * 1000;

/** Removes folders of the kind, unfinished ones too, that nobody has used for a week. */
const removeUnused = async (kind: string): Promise<void> => {
  if (!(await exists(cacheFolder()))) return;
  for (const name of await readdir(cacheFolder())) {
    if (!name.startsWith(`${kind}-`) && !name.startsWith(`.${kind}-`)) continue;
    const folder = path.join(cacheFolder(), name);
    const { mtimeMs } = await stat(folder);
    if (Date.now() - mtimeMs > unusedLimitMs) await rm(folder, { recursive: true, force: true });
  }
};

/**
 * The folder `<kind>-<key>` of the cache, filled by `make` if it is not there yet. It appears by a
 * rename from `unfinished` to `finished`, so that a folder which is there is whole, whoever was killed
 * while making it.
 */
export const cached = async (
  kind: string,
  key: string,
  make: (unfinished: string, finished: string) => Promise<void>,
): Promise<string> => {
  const folder = path.join(cacheFolder(), `${kind}-${key}`);
  if (await exists(folder)) {
    const now = new Date();
    await utimes(folder, now, now);
    return folder;
  }
  await removeUnused(kind);
  await mkdir(cacheFolder(), { recursive: true });
  const unfinished = await mkdtemp(path.join(cacheFolder(), `.${kind}-`));
  try {
    await make(unfinished, folder);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another cluster may have made the same thing meanwhile; then the rename fails and its folder serves.
    if (!(await exists(folder))) throw error;
  }
  return folder;
};
