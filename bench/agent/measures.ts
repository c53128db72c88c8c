/** What an agent's /metrics page says of its memory and of the LVM commands it ran. */
export type Measures = {
  readonly residentBytes: number;
  readonly commands: number;
  readonly seconds: number;
};

const duration =
  /^stowage_agent_command_duration_seconds_(?<what>count|sum)\{command="(?<command>[^"]+)".*\} (?<value>\S+)$/;

/** Those that are programs of LVM's; stat, lsblk and wipefs are not. */
const isLvm = (command: string): boolean => /^(fullreport|lv|pv|vg)/.test(command);

/** Reads Prometheus' text format. */
export const measuresIn = (page: string): Measures => {
  let commands = 0;
  let seconds = 0;
  let residentBytes = Number.NaN;
  for (const line of page.split("\n")) {
    const { what, command = "", value } = duration.exec(line)?.groups ?? {};
    if (line.startsWith("process_resident_memory_bytes ")) {
      residentBytes = Number(line.split(" ")[1]);
    }
    if (!isLvm(command)) continue;
    if (what === "count") commands += Number(value);
    else seconds += Number(value);
  }
  return { residentBytes, commands, seconds };
};
