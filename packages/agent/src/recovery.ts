import type { NodeLocalStorageStatus } from "@stowage/api";
import type { Judgement } from "./judge.ts";

/**
 * Whether active volumes may lead to where a device of theirs once was: it was away, or it is back
 * under another number before anybody saw it away. They are led to it anew then.
 */
export class Recovery {
  #state: "needed" | "none";
  /** By the UUID of the physical volume. */
  readonly #numbers = new Map<string, string>();

  constructor({ conditions }: Pick<NodeLocalStorageStatus, "conditions">) {
    const lacked = conditions.some(({ reason }) => reason === "DevicesMissing");
    this.#state = lacked ? "needed" : "none";
  }

  get state(): "needed" | "none" {
    return this.#state;
  }

  see({ group }: Pick<Judgement, "group">): void {
    if ("reason" in group && group.reason === "DevicesMissing") this.#state = "needed";
    if (!("group" in group)) return;
    for (const { uuid, deviceNumber, presence } of group.group.physicalVolumes) {
      if (presence === "missing") continue;
      const before = this.#numbers.get(uuid);
      if (before !== undefined && before !== deviceNumber) this.#state = "needed";
      this.#numbers.set(uuid, deviceNumber);
    }
  }

  done(): void {
    this.#state = "none";
  }
}
