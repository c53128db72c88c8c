import { nodeLocalStorages } from "@stowage/api";
import { KubeError } from "@stowage/kube";
import { expect, test } from "vitest";
import { writeStatus } from "./write-status.ts";

const objectWith = (uid: string) =>
  nodeLocalStorages.parse({
    metadata: { name: "n1.fast", uid },
    spec: { nodeName: "n1", volumeGroup: "fast" },
  });

const serverWith = (code: "invalid" | "not_found", current: string | undefined) => ({
  patch: () => Promise.reject(new KubeError(code, "patching n1.fast failed")),
  find: async () => (current === undefined ? undefined : objectWith(current)),
});

const write = (client: object): Promise<string> =>
  writeStatus(client as Parameters<typeof writeStatus>[0], objectWith("first"), {});

test.for([
  { what: "another object has its name", code: "invalid", current: "second" },
  { what: "it is deleted", code: "not_found", current: undefined },
] as const)("an object is gone when $what", async ({ code, current }) => {
  await expect(write(serverWith(code, current))).resolves.toBe("gone");
});

test("a status that the server does not take is an error", async () => {
  await expect(write(serverWith("invalid", "first"))).rejects.toMatchObject({ code: "invalid" });
});

test("the patch tests which object it is for", async () => {
  const sent: unknown[] = [];
  const patch = async (...call: readonly unknown[]) => {
    sent.push(call.slice(1));
    return objectWith("first");
  };
  await expect(write({ patch })).resolves.toBe("written");
  expect(sent).toEqual([
    [
      { name: "n1.fast" },
      {
        kind: "json",
        operations: [
          { op: "test", path: "/metadata/uid", value: "first" },
          { op: "add", path: "/status", value: {} },
        ],
      },
      "status",
    ],
  ]);
});
