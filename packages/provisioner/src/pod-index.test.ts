import type { PodPlacement } from "@stowage/api";
import { podPlacements } from "@stowage/api";
import { expect, test } from "vitest";
import { PodIndex } from "./pod-index.ts";
import { claimWith } from "./testing/objects.ts";

const podUsing = (claims: readonly string[], change: object = {}): PodPlacement =>
  podPlacements.parse({
    metadata: { namespace: "shop", name: "web", uid: "uid-of-web" },
    spec: {
      volumes: [
        ...claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
        { name: "scratch", ephemeral: { volumeClaimTemplate: {} } },
      ],
      ...change,
    },
  });

const data = claimWith({});

test("the claims of a pod that waits for its node belong together", () => {
  const index = new PodIndex();
  const pod = podUsing(["data", "log"]);
  expect(index.apply({ kind: "added", object: pod })).toEqual([
    "shop/data",
    "shop/log",
    "shop/web-scratch",
  ]);
  expect(index.companionKeys(data)).toEqual(new Set(["shop/log", "shop/web-scratch"]));
  expect(index.pinOf(data)).toBeUndefined();
  index.apply({ kind: "deleted", object: pod });
  expect(index.companionKeys(data)).toEqual(new Set());
});

test("a pod with spec.nodeName says where its claims have to be", () => {
  const index = new PodIndex();
  index.apply({ kind: "added", object: podUsing(["data", "log"], { nodeName: "n2" }) });
  expect(index.pinOf(data)).toBe("n2");
  expect(index.companionKeys(data)).toEqual(new Set());
});

const scratchOwnedBy = (uid: string) =>
  claimWith({
    metadata: {
      name: "web-scratch",
      ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "web", uid }],
    },
  });

test("the claim of another pod's ephemeral volume is nobody else's", () => {
  const index = new PodIndex();
  index.apply({ kind: "added", object: podUsing([], { nodeName: "n2" }) });
  expect(index.pinOf(scratchOwnedBy("uid-of-web"))).toBe("n2");
  expect(index.pinOf(scratchOwnedBy("uid-of-another"))).toBeUndefined();
});
