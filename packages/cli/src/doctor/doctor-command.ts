import { print } from "../output/print.ts";
import type { Root, Session } from "../root-command.ts";
import { connectTo, examples } from "../root-command.ts";
import { checks } from "./checks/index.ts";
import { doctorTable } from "./doctor-table.ts";
import { gather } from "./gather.ts";

export const addDoctor = (root: Root, session: Session): void => {
  root
    .command("doctor")
    .description("Look for what is wrong with Stowage in the cluster, and say the remedy.")
    .addHelpText(
      "after",
      examples(
        ["kubectl stowage doctor", "all checks; ends with 1 where there is an error"],
        ["kubectl stowage doctor -o json | jq '.checks[].findings[]'", "the findings as data"],
      ),
    )
    .action(async (_, command) => {
      const { host, finish } = session;
      const options = command.optsWithGlobals();
      const facts = await gather(await connectTo(session, options), host.clock);
      const view = { checks: checks.map((look) => look(facts)) };
      print(host, options.output, view, doctorTable);
      const findings = view.checks.flatMap((one) => one.findings);
      if (findings.some(({ severity }) => severity === "error")) finish("no");
    });
};
