import { nodeLocalStorages } from "@stowage/api";
import { print } from "../output/print.ts";
import { listProgramPods } from "../program-pods.ts";
import type { Root, Session } from "../root-command.ts";
import { connectTo, examples } from "../root-command.ts";
import { statusTable } from "./status-table.ts";
import { statusView } from "./status-view.ts";

export const addStatus = (root: Root, session: Session): void => {
  root
    .command("status")
    .description("Show the programs, and for each node its volume groups and their room.")
    .addHelpText(
      "after",
      examples(
        ["kubectl stowage status", "all of Stowage in one look"],
        ["kubectl stowage status -o json | jq '.groups[] | {node, free}'", "free bytes by node"],
      ),
    )
    .action(async (_, command) => {
      const options = command.optsWithGlobals();
      const { client } = await connectTo(session, options);
      const [groups, pods] = await Promise.all([
        client.list(nodeLocalStorages),
        listProgramPods(client),
      ]);
      print(session.host, options.output, statusView(groups.items, pods), statusTable);
    });
};
