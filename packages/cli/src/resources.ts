import type { Pod, Resource } from "@stowage/api";
import { pods } from "@stowage/api";
import { z } from "zod";

/* What only the CLI reads, of kinds that Stowage's programs read less of or not at all. */

const conditionSchema = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(""),
  message: z.string().default(""),
  lastTransitionTime: z.string().nullish(),
});

const programPodSchema = z.object({
  spec: z.object({
    serviceAccountName: z.string().default("default"),
    containers: z.array(
      z.object({
        image: z.string().default(""),
        command: z.array(z.string()).nullish(),
        args: z.array(z.string()).nullish(),
        env: z
          .array(z.object({ name: z.string(), value: z.string().optional() }))
          .nullish()
          .transform((list) => list ?? []),
      }),
    ),
  }),
  status: z
    .object({
      startTime: z.string().optional(),
      conditions: z
        .array(conditionSchema)
        .nullish()
        .transform((list) => list ?? []),
      containerStatuses: z
        .array(
          z.object({
            restartCount: z.number().default(0),
            state: z
              .object({
                waiting: z
                  .object({ reason: z.string().default(""), message: z.string().default("") })
                  .optional(),
              })
              .nullish(),
          }),
        )
        .nullish()
        .transform((list) => list ?? []),
    })
    .prefault({}),
});

/** A pod with what tells how its program is set up and how it does. */
export type ProgramPod = Pod & z.output<typeof programPodSchema>;

export const programPods: Resource<ProgramPod> = {
  ...pods,
  parse: (object) => ({ ...pods.parse(object), ...programPodSchema.parse(object) }),
};

const eventSchema = z.object({
  metadata: z.object({ creationTimestamp: z.string().default("") }),
  involvedObject: z.object({ kind: z.string().default(""), name: z.string().default("") }),
  reason: z.string().nullish(),
  message: z.string().nullish(),
  lastTimestamp: z.string().nullish(),
  eventTime: z.string().nullish(),
});

export type EventRead = z.output<typeof eventSchema>;

export const eventsRead: Resource<EventRead> = {
  group: "",
  version: "v1",
  plural: "events",
  kind: "Event",
  scope: "namespaced",
  parse: (object) => eventSchema.parse(object),
};

/** Of a kind whose odd objects must not hide the others: undefined for one that cannot be read. */
export const ifReadable = <T>(resource: Resource<T>): Resource<T | undefined> => ({
  ...resource,
  parse: (object) => {
    try {
      return resource.parse(object);
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error;
      return undefined;
    }
  },
});
