import tab from "@bomb.sh/tab/commander";
import { CommanderError } from "@commander-js/extra-typings";
import { nodeLocalStorages, podPlacements } from "@stowage/api";
import { seconds } from "@stowage/clock";
import type { Command } from "commander";
import { asFailure } from "../failure.ts";
import type { Root, Session } from "../root-command.ts";
import { examples } from "../root-command.ts";
import type { Names } from "./candidates.ts";
import { candidates, isFile, valueOf } from "./candidates.ts";

/** The name under which shells find the program; kubectl finds the same one. */
const executable = "kubectl-stowage";

/** Nobody waits longer for a completion. */
const patience = seconds(2);

/** For cobra's ShellCompDirectiveDefault: the shell completes files. */
const filesPlease = ":0";

/**
 * `completion SHELL`, which prints a shell's script, and the hidden `complete -- WORDS`, which the
 * scripts and kubectl_complete-stowage call. Of the commands that were added before it.
 */
export const addCompletion = (root: Root, session: Session): void => {
  const spoken = root.name();
  root.name(executable);
  // The library's types are of plain commander; extra-typings adds types alone, so it is the same object.
  const tree = tab(root as unknown as Command, { completionCommandName: "completion" });
  root.name(spoken);
  root.commands
    .find((command) => command.name() === "completion")
    ?.description("Print a script that has a shell complete the words of kubectl-stowage.")
    .addHelpText(
      "after",
      examples(
        ["source <(kubectl stowage completion bash)", "in this shell"],
        [
          "kubectl stowage completion fish > ~/.config/fish/completions/kubectl-stowage.fish",
          "in every fish from now on",
        ],
        [
          'ln -s kubectl-stowage "$(dirname "$(command -v kubectl-stowage)")/kubectl_complete-stowage"',
          "where kubectl's own completion is set up: for kubectl stowage",
        ],
      ),
    );
  root.hook("preAction", async (_, action) => {
    if (action.name() !== "complete") return;
    const words = apart(action.args);
    if (isFile(words)) session.host.out(filesPlease);
    else {
      offer(tree, candidates(words, await namesFor(words, session)));
      tree.parse(words);
    }
    // In place of the command's own action, which would not take the words apart.
    throw new CommanderError(0, "stowage.completed", "completed");
  });
};

/** `--name=value` as two words, but for the one that is being typed: tab knows no other form. */
const apart = (words: readonly string[]): string[] =>
  words.flatMap((word, index) => {
    const at = word.indexOf("=");
    const isOption = word.startsWith("--") && at > 0 && index < words.length - 1;
    return isOption ? [word.slice(0, at), word.slice(at + 1)] : [word];
  });

const offer = (tree: ReturnType<typeof tab>, found: ReturnType<typeof candidates>): void => {
  const command = tree.commands.get(found?.command ?? "");
  for (const argument of command?.arguments.values() ?? []) {
    argument.handler = (complete) => {
      for (const value of found?.values ?? []) complete(value, "");
    };
  }
};

const noNames: Names = { groups: [], pods: [] };

/** As far as the cluster tells them in time: a completion never fails. */
const namesFor = async (words: readonly string[], session: Session): Promise<Names> => {
  // Without an argument to complete, nobody needs to be asked.
  if (candidates(words, noNames) === undefined) return noNames;
  const late = session.host.clock.sleep(patience).then(() => noNames);
  return Promise.race([late, askForNames(words, session)]);
};

const askForNames = async (words: readonly string[], session: Session): Promise<Names> => {
  try {
    const { client, namespace: usual } = await session.host.connect({
      kubeconfig: valueOf(words, "--kubeconfig"),
      context: valueOf(words, "--context"),
    });
    const namespace = valueOf(words, "-n", "--namespace") ?? usual;
    const [groups, pods] = await Promise.all([
      client.list(nodeLocalStorages),
      words.includes("pod") ? client.list(podPlacements, { namespace }) : { items: [] },
    ]);
    return { groups: groups.items, pods: pods.items.map(({ metadata }) => metadata.name) };
  } catch (error) {
    if (asFailure(error) === undefined) throw error;
    return noNames;
  }
};
