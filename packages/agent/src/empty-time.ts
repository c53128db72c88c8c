import type { Moment, Milliseconds } from "@stowage/clock";
import { elapsed, milliseconds } from "@stowage/clock";
import type { DeviceVerdict } from "./device-verdict.ts";
import { settlingKeyOf } from "./judge-devices.ts";

/**
 * How long each disk that matches has been seen empty and unused, by every look in between. It
 * begins anew with each agent and with each look that finds anything else. A span without a look
 * counts for at most `longest`: nobody knows what was on the disk meanwhile.
 */
export class EmptyTime {
  readonly #longest: Milliseconds;
  #disks = new Map<string, { readonly seen: Moment; readonly span: Milliseconds }>();

  constructor(longest: Milliseconds) {
    this.#longest = longest;
  }

  see(devices: readonly DeviceVerdict[], at: Moment): void {
    const empty = devices.filter(
      (device) =>
        device.origin === "matched" &&
        (device.kind === "usable" || (device.kind === "refused" && device.reason === "Settling")),
    );
    this.#disks = new Map(
      empty.map((device) => {
        const key = settlingKeyOf(device);
        const last = this.#disks.get(key);
        const more = last === undefined ? 0 : Math.min(elapsed(last.seen, at), this.#longest);
        return [key, { seen: at, span: milliseconds((last?.span ?? 0) + more) }];
      }),
    );
  }

  get spans(): ReadonlyMap<string, Milliseconds> {
    return new Map([...this.#disks].map(([key, { span }]) => [key, span]));
  }
}
