import type { Clock, Milliseconds } from "@stowage/clock";
import { milliseconds } from "@stowage/clock";
import type { Command, LvmRunner, Output } from "@stowage/lvm";
import { compare, links, mkfs, places, stat, wipe } from "./fake-block-tools.ts";
import { failed, parse, succeeded } from "./fake-command-line.ts";
import {
  losetup,
  mounts,
  openFiles,
  programs,
  statFiles,
  statOpenFiles,
} from "./kernel/fake-device-users.ts";
import { FakeDisks } from "./fake-disks.ts";
import { lsblk, nameBehind } from "./kernel/fake-lsblk.ts";
import { addToGroup, changeDevice, changeGroup, vgreduce } from "./fake-lvm.ts";
import { fullreport } from "./fake-report.ts";
import { checkUnused, eraseSignatures, listSignatures, signatureTypes } from "./fake-wipefs.ts";

/** Beside an error: success that changes nothing, and an agent that dies after its effect. */
export type Spell = "none" | "without_effect" | "then_death";

/**
 * A node with devices and LVM, kept in memory, that answers the commands which the agent runs as
 * the real tools do, in their own words.
 */
export class FakeNode extends FakeDisks {
  /** Every command that ran, by name. */
  readonly ran: string[] = [];
  /** Asked before each command: its stderr to make it fail, or an error to throw. */
  trouble: (command: Command) => string | Error | undefined = () => undefined;
  /** What becomes of a command that changes something and does not fail. */
  spell: (command: Command) => Spell = () => "none";
  /** Patterns of the host's lvm.conf. */
  globalFilter = '"a|.*|"';
  /** How long a command takes. */
  duration: (command: Command) => Milliseconds = () => milliseconds(1);
  systemId = "";
  readonly #clock: Clock;

  constructor(clock: Clock, place: ConstructorParameters<typeof FakeDisks>[0] = {}) {
    super(place);
    this.#clock = clock;
  }

  get writes(): string[] {
    return this.ran.filter((name) => /^(lv(?!mconfig)|vg|pv|blkdiscard)/.test(name));
  }

  readonly run: LvmRunner = async (command) => {
    this.ran.push(command.name);
    await this.#clock.sleep(this.duration(command));
    const trouble = this.trouble(command);
    if (trouble instanceof Error) throw trouble;
    if (trouble !== undefined) return failed(trouble, command.file === "lvm" ? 5 : 1);
    const spell = command.access === "read" ? "none" : this.spell(command);
    if (spell === "without_effect") return succeeded("");
    this.ground.writer = this.brand;
    const output = this.#answer(command);
    this.ground.writer = "";
    if (spell === "then_death") throw new Error("the agent died");
    return output;
  };

  #answer(command: Command): Output {
    const parsed = parse(command.args);
    switch (command.name) {
      case "stat":
        return stat(this, parsed.operands);
      case "lsblk --nodeps":
        return nameBehind(this, parsed.operands);
      case "lsblk":
        return lsblk(this, parsed.operands);
      case "wipefs --no-act":
        return listSignatures(this, parsed.operands);
      case "wipefs --noheadings":
        return signatureTypes(this, parsed.operands);
      case "cmp":
        return compare(this, command.args[2] ?? "");
      case "find open files":
        return openFiles(this);
      case "stat open files":
        return statOpenFiles(this, parsed.operands);
      case "find programs":
        return programs(this, parsed.operands);
      case "find mounts":
        return mounts(this, parsed);
      case "find places":
        return places(this);
      case "losetup":
        return losetup(this);
      case "stat files":
        return statFiles(this, parsed.operands);
      case "lvmconfig":
        return succeeded(`filter=["a|.*|"]\nglobal_filter=[${this.globalFilter}]\n`);
      case "wipefs --all --no-act":
        return checkUnused(this, parsed.operands);
      case "wipefs":
        return eraseSignatures(this, parsed);
      case "mkfs.ext4":
      case "mkfs.xfs":
      case "mkfs.btrfs":
        return mkfs(this, command.args.at(-1) ?? "");
      case "find":
        return links(this);
      case "blkdiscard":
        return wipe(this, parsed);
      case "sync":
        return succeeded("");
      case "pvchange":
      case "pvmove":
      case "pvresize":
      case "pvremove":
        return changeDevice(this, command.name, parsed);
      case "systemid":
        return succeeded(`  system ID: ${this.systemId}\n`);
      case "fullreport":
        return fullreport(this, parsed);
      case "vgreduce":
        return vgreduce(this, parsed);
      case "vgcreate":
      case "vgextend":
        return addToGroup(this, command.name, parsed);
      default:
        return changeGroup(this, command.name, parsed);
    }
  }
}
