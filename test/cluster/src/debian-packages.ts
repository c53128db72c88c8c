import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { minutes } from "@stowage/clock";
import { command } from "./command.ts";
import { ClusterError } from "./errors.ts";

/** Where this host's apt gets Debian's `release` from, if it does; apt-get(8), indextargets. */
export const debianMirror = async (release: string): Promise<string | undefined> => {
  const sites = await command([
    "apt-get",
    "indextargets",
    "--format",
    "$(SITE)",
    "Created-By: Packages",
    "Origin: Debian",
    `Codename: ${release}`,
  ]);
  return sites.split("\n").find((site) => site !== "");
};

const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Unpacks packages of other Debian releases than the host's into `folder`, without installing them:
 * the host's apt, its lists and its packages stay as they are.
 * @throws ClusterError `host_unsuitable` or `command_failed`
 */
export const unpackPackages = async (
  folder: string,
  hostRelease: string,
  releases: readonly string[],
  packages: readonly string[],
): Promise<void> => {
  const mirror = await debianMirror(hostRelease);
  if (mirror === undefined) {
    throw new ClusterError("host_unsuitable", `apt knows no mirror of Debian ${hostRelease} here`);
  }
  const own = path.join(folder, "apt");
  for (const name of ["lists/partial", "archives/partial", "parts"]) {
    await mkdir(path.join(own, name), { recursive: true });
  }
  await writeFile(path.join(own, "status"), "");
  await writeFile(
    path.join(own, "sources.list"),
    releases.map((release) => `deb [signed-by=${keyring}] ${mirror} ${release} main\n`).join(""),
  );
  const settings = {
    "Dir::Etc::sourcelist": path.join(own, "sources.list"),
    "Dir::Etc::sourceparts": path.join(own, "parts"),
    "Dir::Etc::preferencesparts": path.join(own, "parts"),
    "Dir::State": own,
    "Dir::State::lists": path.join(own, "lists"),
    "Dir::State::status": path.join(own, "status"),
    "Dir::Cache": own,
    "Acquire::Languages": "none",
    "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
    "APT::Sandbox::User": "root",
    // A mirror that cannot be reached is a failure, and not a list without the packages.
    "APT::Update::Error-Mode": "any",
  };
  const options = Object.entries(settings).map(([key, value]) => `-o${key}=${value}`);
  const apt = (...argv: readonly string[]): Promise<string> =>
    command(["apt-get", "-qq", ...options, ...argv], { cwd: own, limit: minutes(5) });
  await apt("update");
  await apt("download", ...packages);
  for (const file of await readdir(own)) {
    if (file.endsWith(".deb")) {
      await command(["dpkg-deb", "--extract", path.join(own, file), folder]);
    }
  }
  await rm(own, { recursive: true });
};
