import { podPlacements } from "@stowage/api";
import { askedPods } from "@stowage/extender";
import { didYouMean } from "../closest.ts";
import { Failure } from "../failure.ts";
import type { Connection } from "../host.ts";
import { print } from "../output/print.ts";
import { lookAtPlacement } from "../placement-look.ts";
import type { EventRead } from "../resources.ts";
import { eventsRead } from "../resources.ts";
import type { Root, Session } from "../root-command.ts";
import { connectTo, examples } from "../root-command.ts";
import { explainTable } from "./explain-table.ts";
import { explainView } from "./explain-view.ts";

export const addExplain = (root: Root, session: Session): void => {
  const explain = root.command("explain").description("Explain why something is as it is.");
  explain
    .command("pod")
    .description(
      "Explain why a pod waits: for each node and claim, in words and numbers, by the extender's own code.",
    )
    .argument("<name>", "the pod")
    .addHelpText(
      "after",
      examples(
        ["kubectl stowage explain pod db-0", "why a pod of the current namespace waits"],
        ["kubectl stowage explain pod db-0 -n shop -o yaml", "all numbers, in bytes"],
      ),
    )
    .action(async (name, _, command) => {
      const options = command.optsWithGlobals();
      const connection = await connectTo(session, options);
      const { client, namespace } = connection;
      const [pod, placement] = await Promise.all([
        client.find(askedPods, { namespace, name }),
        client.find(podPlacements, { namespace, name }),
      ]);
      if (pod === undefined) throw await noSuchPod(connection, name);
      const [look, events] = await Promise.all([
        lookAtPlacement(client, session.host.clock),
        client.list(eventsRead, { namespace }),
      ]);
      const view = explainView({
        ...look,
        pod,
        node: placement?.nodeName,
        explanation: look.extender.explain(pod),
        events: events.items.toSorted((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1)),
      });
      print(session.host, options.output, view, explainTable);
    });
};

/** RFC 3339 in UTC, with or without fractions: comparable as text up to the second. */
const timeOf = ({ lastTimestamp, eventTime, metadata }: EventRead): string =>
  lastTimestamp ?? eventTime ?? metadata.creationTimestamp;

const noSuchPod = async ({ client, namespace }: Connection, name: string): Promise<Failure> => {
  const pods = (await client.list(podPlacements)).items.map(({ metadata }) => metadata);
  const here = pods.filter((pod) => pod.namespace === namespace);
  const elsewhere = pods.find((pod) => pod.name === name);
  return new Failure(
    "not_found",
    `there is no pod ${name} in namespace ${namespace}`,
    elsewhere === undefined
      ? didYouMean(
          name,
          here.map((pod) => pod.name),
          `kubectl get pods -n ${namespace}`,
        )
      : `there is one in namespace ${elsewhere.namespace}: say -n ${elsewhere.namespace}`,
  );
};
