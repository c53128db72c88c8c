import type { Node } from "@stowage/test-cluster";
import { patience, wholeLvmOf } from "@stowage/test-cluster";
import { milliseconds } from "@stowage/clock";
import { programLogs } from "./program-logs.ts";
import type { Shelf } from "./shelf.ts";

const limit = milliseconds(15_000);

/**
 * What a node says of its disks, by the file that keeps it: all of them, and those that the host's own
 * filters and devices file let LVM see. LVM takes no locks and device-mapper
 * flushes nothing: whatever hangs there must not hold this up, nor be held up by it.
 */
const commands: Readonly<Record<string, string>> = {
  "lvs.txt": "lvs --nolocking -a -o +devices,lv_tags",
  "vgs.txt": "vgs --nolocking -o +vg_tags,vg_mda_free",
  "pvs.txt": "pvs --nolocking -a -o +pv_uuid,pv_missing",
  "pvs-of-the-host.txt": "env --unset=LVM_SYSTEM_DIR pvs --nolocking -a -o +pv_uuid,pv_missing",
  "dmsetup-table.txt": "dmsetup table",
  "dmsetup-status.txt": "dmsetup status --noflush",
  "dmsetup-info.txt": "dmsetup info -c",
  "lsblk.txt": "lsblk -o NAME,MAJ:MIN,SIZE,RO,TYPE,MOUNTPOINTS",
  "mounts.txt": "cat /proc/mounts",
  "processes.txt": "ps -e -o pid,ppid,stat,wchan:24,args",
  "kernel.txt": "dmesg | tail -n 200",
};

/**
 * kubelet's own files: they are there without the API server, of containers that ended too, and, as
 * node-init.sh keeps them, of Pods that are gone and from before a power cut.
 */
const readProgramLogs =
  'cp --recursive --link --no-clobber /run/state/pod-logs/stowage-system_* /run/state/kept-logs/ 2>/dev/null; cd /run/state/kept-logs && for file in stowage-system_*/*/*.log; do [ -e "$file" ] && echo "==> $file" && tail -c 400000 "$file"; done; true';

/** Asks a node for all of it at once; nothing of it waits longer than the limit. */
export const nodeEvidence = async (node: Node, since: Date, shelf: Shelf): Promise<void> => {
  const folder = `nodes/${node.name}`;
  if (!(await node.isRunning())) {
    await shelf.put(
      `${folder}/down.txt`,
      `${node.name} is down: nothing could be asked of it. console.log has its last words.`,
    );
    return;
  }
  const env = wholeLvmOf(await node.host());
  const run = async (script: string): Promise<string> => {
    const { stdout, stderr, exitCode } = await node.tryExec(["sh", "-c", script], { limit, env });
    return exitCode === 0 && stderr === ""
      ? stdout
      : `${stdout}\n${stderr}\nended with ${exitCode}\n`;
  };
  // Beyond the limit of the command itself, because a node that hangs takes no connection either.
  const askMs = (limit + 5_000) * patience;
  await Promise.all([
    ...Object.entries(commands).map(([file, script]) =>
      shelf.ask(`${folder}/${file}`, askMs, async () => `$ ${script}\n${await run(script)}`),
    ),
    shelf.ask(`${folder}/programs.txt`, askMs, async () => {
      const logs = programLogs(await run(readProgramLogs), since);
      for (const { file, text } of logs) await shelf.put(`programs/${file}`, text);
      return logs.map(({ file }) => `programs/${file}`).join("\n");
    }),
  ]);
};
