import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { AgentPod } from "../src/agent-pod.ts";
import { claim, podWith, storageClass } from "../src/manifests.ts";
import { Slot } from "../src/slot.ts";
import { eventually, World } from "../src/world.ts";

let world: World;
let agent: AgentPod;
/** Two groups on n1, one of them on two slots. */
let first: Slot;
let second: Slot;

beforeAll(async () => {
  world = await World.enter("node-faults");
  agent = new AgentPod(world, "n1");
  const disk = "/dev/ubdb";
  first = await Slot.make(world, "n1", "first", { disk, offsetMiB: 1, sizeMiB: 512 });
  second = await Slot.make(world, "n1", "second", { disk, offsetMiB: 1024, sizeMiB: 512 });
  await world.storageClass(storageClass("torn", { nodes: { n1: [first.path, second.path] } }), [
    "n1",
  ]);
  await world.storageClass(storageClass("whole", { nodes: { n1: ["/dev/ubdc"] } }), ["n1"]);
});

afterEach(async () => {
  for (const slot of [first, second]) {
    await slot.putBack();
    await slot.resume();
  }
  await world.clear();
});

afterAll(async () => {
  try {
    await world.leave();
  } finally {
    await first.remove();
    await second.remove();
  }
});

const readyIs = (status: "True" | "False", reason: string): unknown =>
  expect.arrayContaining([expect.objectContaining({ type: "Ready", status, reason })]);

const runPod = async (name: string, storageClassName: string): Promise<void> => {
  await world.create(claim(name, storageClassName, "64Mi"));
  await world.create(podWith(name, [name]));
};

const slotUnder = (volume: string): Promise<string> =>
  world.onNode("n1", `lvs --noheadings -o devices torn/${volume}`);

test("with one of its disks missing a group takes no claims and loses nothing, and the other group goes on", async () => {
  await runPod("before", "torn");
  await world.running("before");
  const [used, unused] = (await slotUnder(await world.volumeOf("before"))).includes(first.path)
    ? [first, second]
    : [second, first];
  await unused.pull();
  await world.until("NodeLocalStorage", "n1.torn", {
    status: {
      conditions: readyIs("False", "DevicesMissing"),
      devices: expect.arrayContaining([
        expect.objectContaining({ path: unused.path, state: "Missing" }),
        expect.objectContaining({ path: used.path, state: "InUse" }),
      ]),
      volumes: [expect.objectContaining({ state: "Ready" })],
    },
  });
  await runPod("refused", "torn");
  await runPod("elsewhere", "whole");
  await world.running("elsewhere");
  await eventually(async () => {
    expect(await world.messages("Pod", "refused")).toContainEqual(
      expect.stringMatching(/volume group torn is not ready: torn lacks 1 of its devices/),
    );
  });
  expect(await world.inPod("before", "echo on > /before/word && cat /before/word")).toBe("on");
  expect(await world.logicalVolumes("n1", "torn")).toEqual([await world.volumeOf("before")]);
  expect(await world.onNode("n1", "vgs --noheadings -o pv_count,missing_pv_count torn")).toMatch(
    /2 +1/,
  );

  await unused.putBack();
  await world.until("NodeLocalStorage", "n1.torn", {
    status: { conditions: readyIs("True", "GroupReady") },
  });
  await world.running("refused");
  await unused.removePulled();
});

test("a disk that is pulled under its volume is flagged, and put back as another device its data is there", async () => {
  await runPod("data", "torn");
  await world.running("data");
  await world.inPod("data", "echo kept > /data/word && sync");
  await world.delete("Pod", "data");
  const volume = await world.volumeOf("data");
  const slot = (await slotUnder(volume)).includes(first.path) ? first : second;
  await eventually(async () => {
    expect(await world.onNode("n1", `lvs --noheadings -o device_open torn/${volume}`)).toBe("");
  });
  await slot.pull();
  await world.until("NodeLocalStorage", "n1.torn", {
    status: {
      conditions: readyIs("False", "DevicesMissing"),
      devices: expect.arrayContaining([
        expect.objectContaining({ path: slot.path, state: "Missing", reason: "NotFound" }),
      ]),
      volumes: [
        expect.objectContaining({ name: volume, state: "Failed", reason: "DevicesMissing" }),
      ],
    },
  });
  await slot.putBack();
  await world.until("NodeLocalStorage", "n1.torn", {
    status: {
      conditions: readyIs("True", "GroupReady"),
      volumes: [expect.objectContaining({ name: volume, state: "Ready" })],
    },
  });
  // Nothing leads to the device that was pulled any more, but somebody may just be looking at it.
  await eventually(() => slot.removePulled());
  await world.create(podWith("data", ["data"]));
  await world.running("data");
  expect(await world.inPod("data", "cat /data/word")).toBe("kept");
});

test("a disk that hangs holds up its own group's claims only, and they go on when it is back", async () => {
  await first.hang();
  await second.hang();
  try {
    await runPod("stuck", "torn");
    await runPod("free", "whole");
    await world.running("free");
    expect(await world.get("Pod", "stuck")).toMatchObject({ status: { phase: "Pending" } });
    expect(await agent.readiness()).toBe("ready");
  } finally {
    await first.resume();
    await second.resume();
  }
  await world.running("stuck", { timeout: 170_000 });
  expect(await world.logicalVolumes("n1", "torn")).toEqual([await world.volumeOf("stuck")]);
});

test("while the agent hangs no claim goes to its node, the reason says so, and running pods go on", async () => {
  await runPod("running", "whole");
  await world.running("running");
  await agent.signal("STOP");
  try {
    await agent.becomes("not ready");
    await runPod("waiting", "whole");
    await eventually(async () => {
      expect(await world.messages("Pod", "waiting")).toContainEqual(
        expect.stringMatching(/the Stowage agent on the node is not ready/),
      );
    });
    expect(await world.get("Pod", "waiting")).not.toHaveProperty("spec.nodeName");
    expect(await world.inPod("running", "echo on > /running/word && cat /running/word")).toBe("on");
  } finally {
    await agent.signal("CONT");
  }
  await world.running("waiting", { timeout: 150_000 });
});
