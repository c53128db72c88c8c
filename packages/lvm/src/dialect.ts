import type { Command } from "./command.ts";
import type { HostFacts } from "./host-facts.ts";
import type { HostMode } from "./run.ts";

/** How a host's LVM has to be spoken to, beside what every command says. */
export type Dialect = {
  readonly confinement: HostFacts["confinement"];
  readonly udev: HostFacts["udev"];
  /** Where LVM keeps a copy of the metadata for each change. */
  readonly archive: { readonly kind: "folder"; readonly path: string } | { readonly kind: "none" };
  /** Unnamed: groups are made without a system ID, for a container's own name dies with it. */
  readonly systemId: "host" | "unnamed";
};

/** Of its own: LVM prunes what it finds there, and an admin's archives are nobody's business here. */
const archiveBelow = (folder: string): string => `${folder}/stowage`;

/** Sources of a name that in a container is the container's. Source: lvmsystemid(7). */
const namesOfItself = new Set(["uname", "machineid", "appmachineid"]);

export const dialectOf = (facts: HostFacts, mode: HostMode): Dialect => ({
  confinement: facts.confinement,
  udev: facts.udev,
  archive:
    facts.archiveFolder === undefined
      ? { kind: "none" }
      : { kind: "folder", path: archiveBelow(facts.archiveFolder) },
  systemId: mode === "image" && namesOfItself.has(facts.systemIdSource) ? "unnamed" : "host",
});

/** The command as this host's LVM understands it; those of other programs are as they are. */
export const speak = (command: Command, dialect: Dialect): Command => {
  if (command.file !== "lvm") return command;
  const devices = command.args.flatMap((arg) => valueOf("--devices", arg));
  const sections = [
    ...(dialect.udev === "alone" ? [withoutUdev] : []),
    ...(dialect.systemId === "unnamed" ? ['global{system_id_source="none"}'] : []),
    ...(dialect.confinement === "filter" && devices.length > 0 ? [filterOf(devices)] : []),
  ];
  const args = command.args
    .filter((arg) => dialect.confinement === "devices" || !arg.startsWith("--devices="))
    .map((arg) => {
      const config = valueOf("--config", arg)[0];
      if (config === undefined) return arg;
      return `--config=${[archived(config, command, dialect.archive), ...sections].join(" ")}`;
    });
  return { ...command, args };
};

/** As it would be without a copy of the metadata. */
export const withoutArchive = (command: Command): Command => ({
  ...command,
  args: command.args.map((arg) => {
    const config = valueOf("--config", arg)[0];
    return config === undefined ? arg : `--config=${config.replace(backupSection, noBackup)}`;
  }),
});

const backupSection = /backup\{[^}]*\}/;
const noBackup = "backup{archive=0 backup=0}";

/** LVM makes the device nodes itself, and waits for nobody. */
const withoutUdev = "activation{udev_sync=0 udev_rules=0 verify_udev_operations=1}";

const archived = (config: string, { access }: Command, archive: Dialect["archive"]): string => {
  if (access === "read") return config;
  if (archive.kind === "none") return config.replace(backupSection, noBackup);
  return config.replace("backup{", `backup{archive_dir=${JSON.stringify(archive.path)} `);
};

/** Nothing but these devices, by the names under which they are asked for. */
const filterOf = (devices: readonly string[]): string => {
  const accepted = devices.map((path) => `"a|^${literal(path)}$|"`);
  return `devices{filter=[${[...accepted, '"r|.*|"'].join(",")}] global_filter=["a|.*|"]}`;
};

/** A path as a regular expression of LVM's, in which a backslash would have to be doubled. */
const literal = (path: string): string => path.replaceAll(/[.+*?()[\]{}|^$]/g, "[$&]");

const valueOf = (option: string, arg: string): string[] =>
  arg.startsWith(`${option}=`) ? [arg.slice(option.length + 1)] : [];
