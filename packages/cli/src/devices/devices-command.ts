import { nodeLocalStorages } from "@stowage/api";
import { didYouMean } from "../closest.ts";
import { Failure } from "../failure.ts";
import { print } from "../output/print.ts";
import type { Root, Session } from "../root-command.ts";
import { connectTo, examples } from "../root-command.ts";
import { devicesTable } from "./devices-table.ts";
import { devicesView } from "./devices-view.ts";

export const addDevices = (root: Root, session: Session): void => {
  root
    .command("devices")
    .description("Show the devices of the groups: which are used, which are refused, and why.")
    .argument("[node]", "of this node only")
    .addHelpText(
      "after",
      examples(
        ["kubectl stowage devices", "the devices of all nodes"],
        ["kubectl stowage devices n1", "those of one node"],
      ),
    )
    .action(async (node, _, command) => {
      const options = command.optsWithGlobals();
      const { client } = await connectTo(session, options);
      const { items } = await client.list(nodeLocalStorages);
      const known = items.map(({ spec }) => spec.nodeName);
      if (node !== undefined && !known.includes(node)) {
        throw new Failure(
          "not_found",
          `there is no NodeLocalStorage of a node ${node}`,
          didYouMean(node, known, "kubectl stowage status"),
        );
      }
      const shown = items.filter(({ spec }) => node === undefined || spec.nodeName === node);
      print(session.host, options.output, devicesView(shown), devicesTable);
    });
};
