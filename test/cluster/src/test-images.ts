import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { command } from "./command.ts";
import { busyboxImage, pauseImage } from "./node-files.ts";

/** The static program that both test images consist of; Debian's package busybox-static. */
export const busyboxProgram = "/bin/busybox";

const digest = (content: Buffer | string): string =>
  createHash("sha256").update(content).digest("hex");

/** Configuration of an image with one layer. Source: the OCI image specification, config.md. */
const imageConfiguration = (layerDigest: string, process: Readonly<Record<string, unknown>>) =>
  JSON.stringify({
    architecture: "amd64",
    os: "linux",
    config: { Env: ["PATH=/bin"], ...process },
    rootfs: { type: "layers", diff_ids: [`sha256:${layerDigest}`] },
  });

/** Writes an archive, as of `docker save`, with the pause and the busybox image. */
export const writeTestImages = async (archive: string): Promise<void> => {
  const work = `${archive}.work`;
  const root = path.join(work, "root");
  for (const folder of ["bin", "tmp", "etc", "proc", "sys", "dev", "root", "var"]) {
    await mkdir(path.join(root, folder), { recursive: true });
  }
  await copyFile(busyboxProgram, path.join(root, "bin", "busybox"));
  const applets = (await command([busyboxProgram, "--list"])).split("\n");
  for (const applet of applets) {
    if (applet !== "" && applet !== "busybox")
      await symlink("busybox", path.join(root, "bin", applet));
  }
  const layer = path.join(work, "layer.tar");
  await command(["tar", "--owner=0", "--group=0", "-C", root, "-cf", layer, "."]);
  const layerDigest = digest(await readFile(layer));
  const images = [
    { tag: pauseImage, process: { Entrypoint: ["/bin/sleep", "2147483647"] } },
    { tag: busyboxImage, process: { Cmd: ["/bin/sh"] } },
  ];
  const manifest: unknown[] = [];
  for (const { tag, process } of images) {
    const configuration = imageConfiguration(layerDigest, process);
    const file = `${digest(configuration)}.json`;
    await writeFile(path.join(work, file), configuration);
    manifest.push({ Config: file, RepoTags: [tag], Layers: ["layer.tar"] });
  }
  await writeFile(path.join(work, "manifest.json"), JSON.stringify(manifest));
  await rm(root, { recursive: true });
  await command(["tar", "-C", work, "-cf", archive, "."]);
  await rm(work, { recursive: true });
};
