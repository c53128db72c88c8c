import { expect } from "vitest";
import { at } from "./kinds.ts";
import type { World } from "./world.ts";

export type Replica = {
  post(verb: string, body: object): Promise<unknown>;
  /** What /explain says of a group on a node, for a pod. */
  explain(pod: string, node: string): Promise<unknown>;
};

/** Calls `act` with a way to ask each of the extender's replicas by itself. */
export const withReplicas = async (
  world: World,
  act: (replicas: readonly Replica[]) => Promise<void>,
): Promise<void> => {
  const addresses = await world.cluster.kubectl(
    "-n stowage-system get pods -l app.kubernetes.io/component=extender --field-selector=status.phase=Running -o jsonpath={.items[*].status.podIP}".split(
      " ",
    ),
  );
  const forwards = await Promise.all(
    addresses.split(" ").map((host) => world.cluster.forward({ host, port: 9808 })),
  );
  try {
    await act(forwards.map(({ port }) => replicaAt(`http://127.0.0.1:${port}`, world)));
  } finally {
    await Promise.all(forwards.map((forward) => forward.close()));
  }
};

const replicaAt = (url: string, world: World): Replica => {
  const answer = async (path: string, init: RequestInit): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, init);
    const value: unknown = await response.json();
    expect({ status: response.status, value }).toMatchObject({ status: 200 });
    return value;
  };
  return {
    post: (verb, body) => answer(`/${verb}`, { method: "POST", body: JSON.stringify(body) }),
    explain: async (pod, node) => {
      const explained = await answer(`/explain?pod=${world.namespace}/${pod}`, {});
      const nodes = at(explained, "nodes") as readonly object[];
      return at(
        nodes.find((one) => at(one, "node") === node),
        "groups.0",
      );
    },
  };
};
