import fc from "fast-check";
import type { Fault } from "./fault.ts";

const after = fc.integer({ min: 0, max: 400 });

export const anyFault: fc.Arbitrary<Fault> = fc.oneof(
  fc.constant({ kind: "refused" } as const),
  fc.record({
    kind: fc.constant("status" as const),
    status: fc.constantFrom(400, 401, 403, 404, 410, 429, 500, 502, 503, 504),
    retryAfter: fc.integer({ min: 0, max: 20 }),
  }),
  fc.record({ kind: fc.constant("slow" as const), seconds: fc.constantFrom(1, 20, 40, 90) }),
  fc.record({ kind: fc.constant("cut" as const), after }),
  fc.record({ kind: fc.constant("short" as const), after }),
  fc.record({ kind: fc.constant("silent" as const), after }),
  fc.constant({ kind: "bytes" } as const),
  fc.record({
    kind: fc.constant("error_event" as const),
    code: fc.constantFrom(410, 429, 500),
  }),
  fc.constant({ kind: "garbage" } as const),
);
