import type { NodeLocalStorage } from "@stowage/api";
import { VirtualClock, seconds } from "@stowage/clock";
import { gib } from "@stowage/capacity";
import type { KubeClient, Patch } from "@stowage/kube";
import { KubeError } from "@stowage/kube";
import { expect, test } from "vitest";
import { LedgerWriter } from "./ledger-writer.ts";
import { groupWith } from "./testing/objects.ts";

const silent = (): void => undefined;
const log = { debug: silent, info: silent, warn: silent, error: silent };

/** A server that holds one object and answers patches as the generation test has it. */
const serverWith = (start: NodeLocalStorage) => {
  let object = start;
  const patches: Patch[] = [];
  const faults: KubeError[] = [];
  let refused = /^never$/;
  let release = silent;
  let gate: Promise<void> = Promise.resolve();
  const client = {
    find: () => Promise.resolve(object),
    patch: async (_resource: unknown, _name: unknown, patch: Patch) => {
      patches.push(patch);
      await gate;
      const [guard, ...operations] = patch.kind === "json" ? patch.operations : [];
      if (refused.test(JSON.stringify(operations))) throw failure("invalid");
      const isCurrent = guard?.op === "test" && guard.value === object.metadata.generation;
      if (!isCurrent) throw failure("invalid");
      const added = operations.flatMap((operation) =>
        operation.op === "add" && operation.path === "/spec/volumes/-" ? [operation.value] : [],
      );
      const volumes = object.spec.volumes.map((volume) => ({ ...volume, size: `${volume.size}` }));
      object = groupWith({
        generation: object.metadata.generation + 1,
        spec: { volumes: [...volumes, ...added] },
      });
      const fault = faults.shift();
      if (fault !== undefined) throw fault;
      return object;
    },
  };
  return {
    client: client as object as KubeClient,
    patches,
    faults,
    object: () => object,
    overtake: () => {
      object = groupWith({ generation: object.metadata.generation + 1 });
    },
    /** Patches that hold this. */
    refuse: (words: RegExp) => {
      refused = words;
    },
    hold: () => {
      gate = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => release(),
  };
};

const failure = (code: "invalid" | "connection"): KubeError =>
  new KubeError(code, "patching n1.fast failed");

const writerOn = (server: ReturnType<typeof serverWith>, clock = new VirtualClock()) => {
  const stale = server.object();
  return new LedgerWriter({
    client: server.client,
    clock,
    log,
    signal: new AbortController().signal,
    cached: () => stale,
    judged: (object) => object,
  });
};

const reserve = (name: string, size = gib(1)) =>
  ({ kind: "reserve", entries: [{ name, size, pending: true }] }) as const;

test("changes that come while a patch is under way go into the next one together", async () => {
  const server = serverWith(groupWith({}));
  const writer = writerOn(server);
  server.hold();
  const outcomes = ["a", "b", "c", "d"].map((name) => writer.change("n1.fast", reserve(name)));
  server.release();
  expect(await Promise.all(outcomes)).toEqual(
    ["a", "b", "c", "d"].map((name) => ({ kind: "reserved", added: [name] })),
  );
  expect(server.patches).toHaveLength(2);
  expect(server.object().spec.volumes.map(({ name }) => name)).toEqual(["a", "b", "c", "d"]);
});

test("a writer that was overtaken looks again and judges on what it sees then", async () => {
  const server = serverWith(groupWith({}));
  const writer = writerOn(server);
  server.overtake();
  expect(await writer.change("n1.fast", reserve("a"))).toMatchObject({ kind: "reserved" });
  expect(await writer.change("n1.fast", reserve("b", gib(10)))).toMatchObject({
    kind: "refused",
    refusal: { code: "no_room", free: gib(9) },
  });
});

test("its own write counts before the informer has seen it", async () => {
  const server = serverWith(groupWith({}));
  const writer = writerOn(server);
  await writer.change("n1.fast", reserve("a"));
  expect(writer.get("n1.fast")?.spec.volumes).toHaveLength(1);
  expect([...writer.ahead()]).toEqual(["n1.fast"]);
});

test("a patch that the server will not take at all is not tried for ever", async () => {
  const server = serverWith(groupWith({}));
  const writer = writerOn(server);
  server.refuse(/pending/);
  await expect(writer.change("n1.fast", reserve("a"))).rejects.toThrow(/patching n1.fast failed/);
  expect(server.patches).toHaveLength(1);
});

test("a change that the server will not take does not keep back those that shared its patch", async () => {
  const server = serverWith(groupWith({}));
  const writer = writerOn(server);
  server.refuse(/"bad"/);
  server.hold();
  const outcomes = ["a", "b", "bad", "c"].map((name) => writer.change("n1.fast", reserve(name)));
  server.release();
  const [a, b, bad, c] = await Promise.allSettled(outcomes);
  expect([a, b, c].map((outcome) => outcome?.status)).toEqual(
    Array.from({ length: 3 }, () => "fulfilled"),
  );
  expect(bad?.status).toBe("rejected");
  expect(server.object().spec.volumes.map(({ name }) => name)).toEqual(["a", "b", "c"]);
});

test("a patch whose answer was lost is not made twice, and nobody says whose it was", async () => {
  const server = serverWith(groupWith({}));
  const writer = writerOn(server);
  server.faults.push(failure("connection"));
  await expect(writer.change("n1.fast", reserve("a"))).resolves.toEqual({
    kind: "reserved",
    added: [],
  });
  expect(server.object().spec.volumes).toHaveLength(1);
});

test("what nobody waits for is written with the next change, or alone after a while", async () => {
  const clock = new VirtualClock();
  const server = serverWith(
    groupWith({ spec: { volumes: [{ name: "a", size: "1Gi", pending: true }] } }),
  );
  const writer = writerOn(server, clock);
  const settled = writer.change("n1.fast", { kind: "settle", volume: "a" }, "with_others");
  await clock.advance(seconds(19));
  expect(server.patches).toHaveLength(0);
  await clock.advance(seconds(1));
  await settled;
  expect(server.patches).toHaveLength(1);
});
