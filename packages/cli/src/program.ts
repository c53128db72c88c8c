import { addCompletion } from "./completion/completion-command.ts";
import { addDevices } from "./devices/devices-command.ts";
import { addDoctor } from "./doctor/doctor-command.ts";
import { addEvacuate } from "./evacuate/evacuate-command.ts";
import { addExplain } from "./explain/explain-command.ts";
import { addNode } from "./node-lost/node-lost-command.ts";
import { addOrphans } from "./orphans/orphans-command.ts";
import { addSimulate } from "./simulate/simulate-command.ts";
import { addStatus } from "./status/status-command.ts";
import { addVolumes } from "./volumes/volumes-command.ts";
import type { Session } from "./root-command.ts";
import { examples, rootCommand } from "./root-command.ts";

const commands = [
  addStatus,
  addVolumes,
  addDevices,
  addExplain,
  addSimulate,
  addOrphans,
  addEvacuate,
  addNode,
  addDoctor,
  // The last: it completes those before it.
  addCompletion,
];

/** All commands, ready to be parsed for. */
export const makeProgram = (session: Session) => {
  const { host } = session;
  const root = rootCommand("kubectl stowage")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.out(text.trimEnd()),
      writeErr: (text) => host.err(text.trimEnd()),
      outputError: (text, write) => write(text),
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError("(--help tells the usage)")
    .addHelpText(
      "after",
      examples(
        ["kubectl stowage status", "all of Stowage in one look"],
        ["kubectl stowage explain pod db-0", "why a pod waits"],
        ["kubectl stowage doctor", "what is wrong, and what to do about it"],
      ),
    );
  for (const add of commands) add(root, session);
  return root;
};
