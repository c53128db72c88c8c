import type { Connection } from "../host.ts";
import type { ProgramPod } from "../resources.ts";
import type { ExtenderCalls } from "./facts.ts";

const port = 9808;

const filterCount =
  /^stowage_extender_request_duration_seconds_count\{[^}]*verb="\/filter"[^}]*\} (?<count>\d+)$/gm;

/** How many filter calls an extender's metrics tell of, answered well or not. */
export const filterCallsIn = (metrics: string): number =>
  [...metrics.matchAll(filterCount)].reduce(
    (total, { groups }) => total + Number(groups?.["count"]),
    0,
  );

/** Reads each extender's metrics through the API server. @throws KubeError */
export const askExtenders = (
  getText: Connection["getText"],
  pods: readonly ProgramPod[],
): Promise<ExtenderCalls[]> =>
  Promise.all(
    pods.map(async ({ metadata, spec }) => {
      const { namespace, name } = metadata;
      const hasTls = spec.containers.some(({ env }) =>
        env.some((variable) => variable.name === "TLS_CERT_FILE"),
      );
      const address = `${hasTls ? "https:" : ""}${name}:${port}`;
      const path = `/api/v1/namespaces/${namespace}/pods/${address}/proxy/metrics`;
      return { pod: name, filterCalls: filterCallsIn((await getText(path)).text) };
    }),
  );
