import type { Bytes } from "@stowage/capacity";
import { bytes } from "@stowage/capacity";
import { z } from "zod";
import { isKubeError } from "@stowage/kube";
import { wordsOf } from "../failure.ts";
import type { Connection } from "../host.ts";

/** How full a mounted file system is, as the kubelet of its node counts. */
export type UsedRoom = { readonly used: Bytes; readonly capacity: Bytes };

const count = z.number().int().nonnegative();

/** Source: k8s.io/kubelet/pkg/apis/stats/v1alpha1, Summary. */
const summarySchema = z.object({
  pods: z
    .array(
      z.object({
        volume: z
          .array(
            z.object({
              usedBytes: count.optional(),
              capacityBytes: count.optional(),
              pvcRef: z.object({ namespace: z.string(), name: z.string() }).optional(),
            }),
          )
          .nullish(),
      }),
    )
    .nullish(),
});

/** By namespace/name of the claim. @throws ZodError, SyntaxError for what is no summary. */
const readSummary = (text: string): ReadonlyMap<string, UsedRoom> => {
  const rooms = new Map<string, UsedRoom>();
  for (const { volume } of summarySchema.parse(JSON.parse(text)).pods ?? []) {
    for (const { usedBytes, capacityBytes, pvcRef } of volume ?? []) {
      if (pvcRef === undefined || usedBytes === undefined || capacityBytes === undefined) continue;
      rooms.set(`${pvcRef.namespace}/${pvcRef.name}`, {
        used: bytes(usedBytes),
        capacity: bytes(capacityBytes),
      });
    }
  }
  return rooms;
};

/** Requests under way at once: each keeps a kubelet busy for some milliseconds. */
const atOnce = 8;

/** Asks the kubelets. What one does not tell is left out, and said. */
export const usedRooms = async (
  { getText }: Pick<Connection, "getText">,
  nodes: readonly string[],
): Promise<{
  readonly rooms: ReadonlyMap<string, UsedRoom>;
  readonly untold: readonly { readonly node: string; readonly why: string }[];
}> => {
  const rooms = new Map<string, UsedRoom>();
  const untold: { node: string; why: string }[] = [];
  const waiting = [...nodes];
  const askAll = async (): Promise<void> => {
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      try {
        const path = `/api/v1/nodes/${encodeURIComponent(node)}/proxy/stats/summary`;
        for (const [claim, room] of readSummary((await getText(path)).text)) rooms.set(claim, room);
      } catch (error) {
        const why = isKubeError(error) ? wordsOf(error) : String(error);
        untold.push({ node, why });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, askAll));
  return { rooms, untold };
};
