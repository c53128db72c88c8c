import { expect, test } from "vitest";
import { checkUnused } from "./argv/devices.ts";
import { runChecked } from "./checked.ts";
import { LvmError } from "./errors.ts";
import { recordedIn, saidOf } from "./testing/recorded.ts";

const outcomeOf = async (name: string): Promise<string> => {
  try {
    await runChecked(() => Promise.resolve(saidOf(name, {})), checkUnused("fast", "/dev/ubdb"));
    return "unused";
  } catch (error) {
    return error instanceof LvmError ? error.code : String(error);
  }
};

test("the last look before a device is written passes what is blank, and nothing else", async () => {
  const checks = recordedIn("wipefs").filter((name) => name.endsWith("-check"));
  const told = await Promise.all(
    checks.map(async (name) => [
      name.slice("wipefs/2.38.1-".length, -"-check".length),
      await outcomeOf(name),
    ]),
  );
  expect(Object.fromEntries(told)).toEqual({
    blank: "unused",
    "blank-and-missing": "device_not_found",
    dos: "device_signature",
    // A disk that reads as empty is told by its size alone.
    empty: "unused",
    ext4: "device_signature",
    gpt: "device_signature",
    "gpt-partition-mounted": "device_busy",
    "gpt-partitions-and-disk": "device_busy",
    missing: "device_not_found",
    mounted: "device_busy",
    "mounted-in-another-namespace": "device_busy",
    "node-without-device": "device_not_found",
    // Whoever opens a device without O_EXCL is looked for by other ways.
    "opened-without-excl": "unused",
    "physical-volume": "device_signature",
    "physical-volume-in-use": "device_busy",
    "raid1-member": "device_busy",
    "read-only": "unused",
    // Told on stderr alone, with exit code 0.
    "table-in-partition": "device_signature",
  });
});
