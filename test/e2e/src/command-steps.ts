import type { Node } from "@stowage/test-cluster";

/** Where in a command it is stopped: not yet begun, half-way, or ended with nobody told of it. */
type Phase = "before" | "during" | "after";

/** A point in the work of an agent: its `index`th change of a place, counted from 1. */
export type Step = { readonly index: number; readonly phase: Phase; readonly command: string };

/** The devices and the group whose commands are watched, apart from all others of the node. */
export type Place = { readonly group: string; readonly devices: readonly string[] };

const folder = "/run/command-steps";

/** Longer than this, and a command is stopped half-way too. */
const longCommandMs = 2000;

/**
 * Stands before the real programs in the PATH, which the agent's commands find by their names. What
 * only reads runs as ever. What changes a place is noted there, and stopped where the place asks for
 * it, until it is killed. Everything here is in memory: a power cut takes it away. Done by the shell
 * alone, since each program that is started costs a user-mode node much.
 */
const wrapper = `#!/bin/sh
name=\${0##*/}
line="$name $*"
PATH=/usr/sbin:/usr/bin:/sbin:/bin
case $line in
  "lvm fullreport"*|*--no-act*|"stat "*|"lsblk "*|"find "*|"blkid "*) exec "$name" "$@" ;;
esac
place=
for names in ${folder}/*/names; do
  [ -e "$names" ] || continue
  read -r words <"$names"
  for word in $words; do
    case $line in *"$word"*) place=\${names%/names} ;; esac
  done
done
[ -n "$place" ] || exec "$name" "$@"
read -r index <"$place/count"
index=$((index + 1))
echo $index >"$place/count"
read -r stop phase <"$place/stop"
stay() {
  echo $$ >>"$place/stopped"
  exec sleep infinity
}
[ "$stop" = $index ] || phase=
case $phase in
  before) stay ;;
  after) "$name" "$@"; stay ;;
  during)
    "$name" "$@" &
    echo $! >>"$place/stopped.child"
    sleep 1.5
    kill -STOP $!
    stay
    ;;
esac
[ -z "$stop" ] || exec "$name" "$@"
begun=$(date +%s%3N)
"$name" "$@"
code=$?
echo "$index $(($(date +%s%3N) - begun)) $line" >>"$place/log"
exit $code
`;

const programs = "lvm wipefs blkdiscard sync stat lsblk find blkid mkfs.ext4 mkfs.xfs mkfs.btrfs";

/** What the agent of one node runs, seen and stopped from outside of it. */
export class CommandSteps {
  readonly #node: Node;

  constructor(node: Node) {
    this.#node = node;
  }

  /** Again after each power cut. */
  async install(): Promise<void> {
    await this.#run(
      `mkdir -p /usr/local/sbin ${folder} && cat >/usr/local/sbin/command-steps && chmod +x /usr/local/sbin/command-steps && cd /usr/local/sbin && for name in ${programs}; do ln -sf command-steps $name; done`,
      wrapper,
    );
  }

  async uninstall(): Promise<void> {
    await this.release();
    await this.#run(
      `cd /usr/local/sbin && for name in ${programs}; do rm -f $name; done; rm -rf command-steps ${folder}`,
    );
  }

  /** Begins to count a place's commands, and stops the one of `step`. */
  async watch({ group, devices }: Place, step?: Step): Promise<void> {
    const place = `${folder}/${group}`;
    const stop = step === undefined ? "" : `${step.index} ${step.phase}`;
    await this.#run(
      `rm -rf ${place} && mkdir ${place} && echo 0 >${place}/count && echo '${stop}' >${place}/stop && echo '${[...devices, `/dev/${group}/`].join(" ")}' >${place}/names`,
    );
  }

  /** Every step of what a place went through since it is watched. */
  async stepsOf({ group }: Place): Promise<Step[]> {
    const log = await this.#run(`cat ${folder}/${group}/log`);
    return log.split("\n").flatMap((line): Step[] => {
      const { index, took, command } =
        /^(?<index>\d+) (?<took>\d+) (?<command>.*)$/.exec(line)?.groups ?? {};
      if (command === undefined) return [];
      const phases: Phase[] =
        Number(took) > longCommandMs ? ["before", "during", "after"] : ["before", "after"];
      return phases.map((phase) => ({ index: Number(index), phase, command }));
    });
  }

  /** What a place went through, and whether it is stopped; for the message of a failure too. */
  async state({ group }: Place): Promise<{ readonly stopped: "yes" | "no"; readonly log: string }> {
    const text = await this.#run(
      `cd ${folder}/${group} && { [ -e stopped ] && echo yes || echo no; }; cat log 2>/dev/null; true`,
    );
    const [stopped, ...log] = text.split("\n");
    return { stopped: stopped === "yes" ? "yes" : "no", log: log.join("\n") };
  }

  /** Kills what is stopped, and watches nothing any more. */
  async release(): Promise<void> {
    await this.#run(
      `for pids in ${folder}/*/stopped.child ${folder}/*/stopped; do [ -e $pids ] && kill -9 $(cat $pids) 2>/dev/null; done; rm -rf ${folder}/*; true`,
    );
  }

  async #run(script: string, input = ""): Promise<string> {
    const { stdout } = await this.#node.exec(["sh", "-c", script], { input });
    return stdout.trim();
  }
}
