import { bytes, gib, mib } from "@stowage/capacity";
import fc from "fast-check";
import { expect, test } from "vitest";
import { planExpansion } from "./expansion-plan.ts";
import { ExpansionSite } from "./testing/expansion-site.ts";

/** Everybody does all that is left for them to do. */
const settle = async (site: ExpansionSite): Promise<void> => {
  for (let round = 0; round < 12; round += 1) {
    await site.pass();
    site.agent();
    site.kubelet();
  }
};

test("a file system grows: mark, reserve, agent, PersistentVolume, kubelet, in this order", async () => {
  const site = new ExpansionSite(gib(1), "Filesystem");
  site.ask(gib(2));
  expect(planExpansion(site.see())).toMatchObject([
    { kind: "begin", size: gib(2) },
    { kind: "grow", size: gib(2) },
  ]);
  await site.pass();
  expect(site.claim.status).toMatchObject({
    resize: "ControllerResizeInProgress",
    allocated: gib(2),
    capacity: gib(1),
    conditions: [{ type: "ModifyingVolume" }, { type: "Resizing", status: "True" }],
  });
  expect(planExpansion(site.see())).toEqual([]);
  site.agent();
  await site.pass();
  expect(site.volume).toMatchObject({ capacity: gib(2), preResizeCapacity: "1Gi" });
  expect(site.claim.status).toMatchObject({ resize: "NodeResizePending", capacity: gib(1) });
  expect(planExpansion(site.see())).toEqual([]);
  site.kubelet();
  await site.pass();
  expect(site.volume.preResizeCapacity).toBeUndefined();
  expect(site.claim.status).toMatchObject({ resize: undefined, capacity: gib(2) });
  expect(site.told.map(({ reason }) => reason)).toEqual(["Resizing", "FileSystemResizeRequired"]);
  expect(planExpansion(site.see())).toEqual([]);
});

test("a Block volume is finished without the kubelet", async () => {
  const site = new ExpansionSite(gib(1), "Block");
  site.ask(gib(2));
  await settle(site);
  expect(site.claim.status).toMatchObject({
    resize: undefined,
    capacity: gib(2),
    conditions: [{ type: "ModifyingVolume" }],
  });
  expect(site.volume).toMatchObject({ capacity: gib(2), preResizeCapacity: undefined });
  expect(site.told.at(-1)).toEqual({
    reason: "VolumeResizeSuccessful",
    message: "The volume has 2 GiB now",
  });
});

test.for<[number, number]>([
  [mib(203), mib(204)],
  [mib(203), mib(204) + 1],
  [1, 221920847],
])("%i bytes become %i and nobody waits for equal numbers", async ([before, after]) => {
  const site = new ExpansionSite(bytes(before), "Filesystem");
  site.ask(bytes(after));
  await settle(site);
  expect(site.claim.status.capacity).toBeGreaterThanOrEqual(after);
  expect(site.claim.status.resize).toBeUndefined();
  expect(site.volume.capacity).toBe(site.logicalVolume);
  expect(site.volume.preResizeCapacity).toBeUndefined();
});

test("without room there is one event with the bytes, and a lower request succeeds", async () => {
  const site = new ExpansionSite(gib(1), "Filesystem");
  site.others(gib(7));
  site.ask(gib(9));
  await settle(site);
  expect(site.told).toEqual([
    {
      reason: "VolumeResizeFailed",
      message: expect.stringMatching(
        /cannot grow from 1 GiB to 9 GiB on node n1: needs 8 GiB in fast, 2 GiB free of 10 GiB \(8 GiB booked\); make room there, or lower the request$/,
      ),
    },
  ]);
  expect(site.claim.status).toMatchObject({
    resize: "ControllerResizeInfeasible",
    allocated: gib(9),
    conditions: [{ type: "ModifyingVolume" }, { type: "ControllerResizeError" }],
  });
  site.ask(gib(3));
  await settle(site);
  expect(site.claim.status).toMatchObject({
    resize: undefined,
    capacity: gib(3),
    allocated: gib(3),
  });
});

test("a refused growth is taken up again once there is room", async () => {
  const site = new ExpansionSite(gib(1), "Filesystem");
  site.others(gib(9));
  site.ask(gib(2));
  await settle(site);
  site.others(gib(1));
  await settle(site);
  expect(site.claim.status).toMatchObject({ resize: undefined, capacity: gib(2) });
});

test("what is under way is finished before a request that came meanwhile is judged", async () => {
  const site = new ExpansionSite(gib(1), "Filesystem");
  site.ask(gib(2));
  await site.pass();
  site.ask(gib(20));
  await settle(site);
  expect(site.claim.status).toMatchObject({
    capacity: gib(2),
    resize: "ControllerResizeInfeasible",
    allocated: gib(20),
  });
});

const anyAct = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass"), cut: fc.nat({ max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("stale_pass") }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("look") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("agent") }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("kubelet") }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("ask", "others"),
      size: fc.integer({ min: 1, max: 12 * 1024 ** 3 }).map(bytes),
    }),
  },
);

test("killed between any two writes, on stale views, with requests that change: status never exceeds the disk, and the end is the same", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("Filesystem" as const, "Block" as const),
      fc.array(anyAct, { maxLength: 40 }),
      async (mode, acts) => {
        const site = new ExpansionSite(mib(203), mode);
        let view = site.see();
        const check = (): void => {
          const { status } = site.claim;
          expect(status.capacity).toBeLessThanOrEqual(site.logicalVolume);
          expect(site.volume.capacity).toBeLessThanOrEqual(site.logicalVolume);
        };
        for (const act of acts) {
          if (act.kind === "look") view = site.see();
          if (act.kind === "pass" && "cut" in act) await site.pass(site.see(), act.cut);
          if (act.kind === "stale_pass") await site.pass(view);
          if (act.kind === "agent") site.agent();
          if (act.kind === "kubelet") site.kubelet();
          if (act.kind === "ask" && "size" in act) site.ask(act.size);
          if (act.kind === "others" && "size" in act) site.others(act.size);
          check();
        }
        await settle(site);
        check();
        const { status, spec } = site.claim;
        const isDone = spec.request <= (status.capacity ?? 0);
        expect({
          resize: status.resize,
          asked: isDone ? undefined : status.allocated,
          before: isDone ? site.volume.preResizeCapacity : undefined,
        }).toEqual({
          resize: isDone ? undefined : "ControllerResizeInfeasible",
          asked: isDone ? undefined : spec.request,
          before: undefined,
        });
      },
    ),
    { numRuns: 200 },
  );
});
