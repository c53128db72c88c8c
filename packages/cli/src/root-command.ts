import { Command, Option } from "@commander-js/extra-typings";
import type { Ending } from "./exit-code.ts";
import type { Connection, Host } from "./host.ts";
import { formats } from "./output/print.ts";

/** What the commands of one call share. */
export type Session = {
  readonly host: Host;
  /** Says how the call ends, where that is not "done". */
  readonly finish: (ending: Ending) => void;
};

/** The command that all others hang from, with the flags that each of them takes. */
export const rootCommand = (name: string) =>
  new Command(name)
    .description("See and run Stowage: fast, node-local volumes for Kubernetes on LVM.")
    .option("--kubeconfig <file>", "the kubeconfig file to use")
    .option("--context <name>", "the context of the kubeconfig to use")
    .option("-n, --namespace <name>", "the namespace to look into")
    .addOption(
      new Option("-o, --output <format>", "how to show it")
        .choices(formats)
        .default("table" as const),
    );

export type Root = ReturnType<typeof rootCommand>;

export type RootOptions = ReturnType<Root["opts"]>;

/** The cluster and the namespace that the flags name. @throws Failure */
export const connectTo = async (
  { host }: Pick<Session, "host">,
  options: RootOptions,
): Promise<Connection> => {
  const { kubeconfig, context, namespace } = options;
  const connection = await host.connect({ kubeconfig, context });
  return { ...connection, namespace: namespace ?? connection.namespace };
};

/** Examples as they stand at the end of a command's help. */
export const examples = (...lines: readonly (readonly [command: string, what: string])[]): string =>
  ["", "Examples:", ...lines.map(([command, what]) => `  # ${what}\n  ${command}`)].join("\n");
