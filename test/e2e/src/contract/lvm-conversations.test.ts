import { expect, test } from "vitest";
import { conversations, hold } from "./lvm-conversations.ts";
import { disks, modelNode } from "./lvm-side.ts";

const sizes = new Map(disks.map((disk) => [disk, 1024]));

const subjects = Object.keys(conversations);

const told = async (subject: string): Promise<{ readonly came: string; readonly seen: string }[]> =>
  (await hold(modelNode(sizes), conversations[subject] ?? [])).map(({ came, seen }) => ({
    came,
    seen: JSON.stringify(seen),
  }));

test.for(subjects)(
  "the model holds the conversation on %s, and no volume is left",
  async (subject) => {
    const last = (await told(subject)).at(-1);
    expect(last?.seen).toMatch(/"volumes":\[\]/);
    expect(last?.seen).not.toMatch(/"volumes":\[\{/);
  },
);

/** What LVM and wipefs were recorded to come to, in the order of the commands that do not end well. */
const troubles: Readonly<Record<string, readonly string[]>> = {
  "a volume that LVM leaves out when it activates volumes": ["wrong_device", "lv_not_found"],
  "a volume with a snapshot": [
    "has_dependants",
    "has_dependants",
    "has_dependants",
    "has_dependants",
  ],
  "two groups of one name": [],
};

test.for(Object.keys(troubles))("troubles of the conversation on %s", async (subject) => {
  const came = (await told(subject)).map((each) => each.came);
  expect(came.filter((each) => each !== "done")).toEqual(troubles[subject]);
});
