import type { Milliseconds } from "@stowage/clock";
import { elapsed, minutes, milliseconds, seconds } from "@stowage/clock";
import type { FakeStorage } from "./fake-storage.ts";

/** Works as an agent does, for a span; one that died is started anew. How often that was. */
export const live = async (storage: FakeStorage, span: Milliseconds): Promise<number> => {
  const begun = storage.clock.moment();
  let deaths = 0;
  while (elapsed(begun, storage.clock.moment()) < span) {
    try {
      const next = await storage.settle();
      const wait = next.kind === "again" ? Math.max(1, next.after) : minutes(1);
      await storage.clock.advance(milliseconds(wait));
    } catch {
      deaths += 1;
      storage.restartAgent();
      await storage.clock.advance(seconds(10));
    }
  }
  return deaths;
};
