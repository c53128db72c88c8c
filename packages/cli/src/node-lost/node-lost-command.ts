import { annotations, nodeLocalStorages, nodes, persistentVolumes } from "@stowage/api";
import type { KubeClient } from "@stowage/kube";
import { isKubeError } from "@stowage/kube";
import { didYouMean } from "../closest.ts";
import { confirm } from "../confirm.ts";
import { Failure } from "../failure.ts";
import { print } from "../output/print.ts";
import type { Root, Session } from "../root-command.ts";
import { connectTo, examples } from "../root-command.ts";
import { lossView, lossWords } from "./plan-loss.ts";

export const addNode = (root: Root, session: Session): void => {
  const node = root.command("node").description("Say what becomes of a node.");
  node
    .command("lost")
    .description("Say that a node and its disks never come back, so that its volumes can go.")
    .argument("<name>", "the node, whose Node object is deleted")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      examples(["kubectl delete node n1 && kubectl stowage node lost n1", "n1 burnt down"]),
    )
    .action(async (name, _, command) => {
      const { host } = session;
      const options = command.optsWithGlobals();
      const { client } = await connectTo(session, options);
      const [object, storages, volumes] = await Promise.all([
        client.find(nodes, { name }),
        client.list(nodeLocalStorages),
        client.list(persistentVolumes),
      ]);
      const view = lossView(name, storages.items, volumes.items);
      if (view.groups.length === 0) {
        throw new Failure(
          "not_found",
          `there is no NodeLocalStorage of a node ${name}`,
          didYouMean(
            name,
            storages.items.map(({ spec }) => spec.nodeName),
            "kubectl stowage status",
          ),
        );
      }
      if (object !== undefined) {
        throw new Failure(
          "no",
          `node ${name} exists, so it is not lost`,
          `if it never comes back: kubectl delete node ${name}, and again`,
        );
      }
      host.err(lossWords(view));
      const consent = options.yes === true ? "given" : "to_be_asked";
      await confirm(host, consent, `Is node ${name} gone for good, with all its disks?`);
      for (const group of view.groups) await say(client, group.name, name);
      print(host, options.output, view, ({ groups }) =>
        groups.map((group) => `${group.name} is said to be lost`).join("\n"),
      );
    });
};

/** Writes the annotation, unless the object is that of another node by now. */
const say = async (client: KubeClient, name: string, node: string): Promise<void> => {
  const body = { metadata: { annotations: { [annotations.nodeLost]: node } } };
  const now = await client.find(nodeLocalStorages, { name });
  if (now?.spec.nodeName !== node) return;
  try {
    const resourceVersion = now.metadata.resourceVersion;
    await client.patch(
      nodeLocalStorages,
      { name },
      { kind: "merge", body: { metadata: { ...body.metadata, resourceVersion } } },
    );
  } catch (error) {
    if (!isKubeError(error, "conflict")) throw error;
    // Somebody wrote in between: whether it is still the same node's is looked at anew.
    await say(client, name, node);
  }
};
