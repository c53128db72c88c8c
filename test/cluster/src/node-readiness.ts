import { z } from "zod";

/** The parts of a v1 Node that tell whether its kubelet is there. */
export const nodeObject = z.object({
  status: z.object({
    conditions: z
      .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
      .optional(),
    nodeInfo: z.object({ bootID: z.string() }).optional(),
  }),
});

/**
 * Why the node is not Ready in the boot called `bootId`; `undefined` if it is. After a power cut
 * the API server calls a node Ready for 40 more seconds: only the boot's own name is proof.
 */
export const whyNotReady = (
  { status }: z.infer<typeof nodeObject>,
  bootId: string,
): string | undefined => {
  const ready = status.conditions?.find(({ type }) => type === "Ready");
  if (ready === undefined) return "it has no condition Ready";
  if (ready.status !== "True") return ready.message ?? "its condition Ready is not True";
  if (status.nodeInfo?.bootID !== bootId) return "its kubelet has not reported since the boot";
  return undefined;
};
