import { Failure } from "../failure.ts";
import { print } from "../output/print.ts";
import { lookAtPlacement } from "../placement-look.ts";
import type { Root, Session } from "../root-command.ts";
import { connectTo, examples } from "../root-command.ts";
import { simulateTable } from "./simulate-table.ts";
import { simulateView } from "./simulate-view.ts";
import { readWanted } from "./wanted.ts";

export const addSimulate = (root: Root, session: Session): void => {
  root
    .command("simulate")
    .description("Say where pods would go, by their volumes. Nothing is created.")
    .requiredOption("-f, --filename <file>", "a manifest with pods and their claims; - for stdin")
    .addHelpText(
      "after",
      examples(
        ["kubectl stowage simulate -f stateful-set.yaml", "where each replica would go"],
        ["kubectl get pod db-0 -o yaml | kubectl stowage simulate -f -", "a pod that exists"],
      ),
    )
    .action(async (_, command) => {
      const { host, finish } = session;
      const options = command.optsWithGlobals();
      const text = await readManifest(host, options.filename);
      const { client, namespace } = await connectTo(session, options);
      const wanted = readWanted(text, namespace);
      const { extender } = await lookAtPlacement(client, host.clock);
      const view = simulateView(wanted, extender);
      print(host, options.output, view, simulateTable);
      if (view.pods.some(({ verdict }) => verdict === "nowhere")) finish("no");
    });
};

const readManifest = async (host: Session["host"], file: string): Promise<string> => {
  try {
    return await host.readFile(file);
  } catch (error) {
    throw new Failure(
      "usage",
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};
