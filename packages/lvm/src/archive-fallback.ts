import type { Command, LvmRunner, Output } from "./command.ts";
import { withoutArchive } from "./dialect.ts";

/**
 * LVM refuses a change of which it cannot keep a copy: on a read-only /etc, a full disk, or where
 * /etc/lvm is missing. A copy is good to have, and a volume is better: the same again without it.
 * LVM archives before it changes anything, so that nothing was done by then.
 */
export const withArchiveFallback =
  (
    run: LvmRunner,
    archive: {
      /** Called with LVM's words when a change was made without a copy. */
      readonly refused: (words: string) => void;
      /** Called when a change was made with one. */
      readonly kept: () => void;
    },
  ): LvmRunner =>
  async (command) => {
    const output = await run(command);
    const isDone = command.answers.includes(output.exitCode);
    if (isDone && command.file === "lvm" && command.access !== "read") archive.kept();
    if (!isArchiveTrouble(command, output)) return output;
    const again = await run(withoutArchive(command));
    if (command.answers.includes(again.exitCode)) archive.refused(output.stderr.trim());
    return again;
  };

/** The last one is all that LVM says when the folder of its archive cannot be made. */
const words = [
  /Cannot archive volume group metadata/,
  /archive\S*: (write error failed|Can't|Failed|No space)/i,
  /No space left on device/,
  /^\s*Command failed with status code 5\.\s*$/,
];

const isArchiveTrouble = ({ file, access, answers }: Command, output: Output): boolean =>
  file === "lvm" &&
  access !== "read" &&
  !answers.includes(output.exitCode) &&
  words.some((pattern) => pattern.test(output.stderr));
