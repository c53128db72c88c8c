import type { Context } from "./context.ts";
import { isAlive, kill, start, tailOf, terminate } from "./processes.ts";
import type { ProcessIdentity } from "./state-folder.ts";

export type ProgramOptions = {
  /** Names its log. */
  readonly name: string;
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
};

/** A program of the host that runs in the cluster's network, and ends with the cluster at the latest. */
export class Program {
  readonly #context: Context;
  readonly #options: ProgramOptions;
  #identity: ProcessIdentity | undefined;

  constructor(context: Context, options: ProgramOptions) {
    this.#context = context;
    this.#options = options;
  }

  get logFile(): string {
    return this.#context.layout.log(this.#options.name);
  }

  /** Starts it, if it is not running. @throws ClusterError `process_died` */
  async start(): Promise<void> {
    if (await this.isRunning()) return;
    const { layout, namespace } = this.#context;
    const { argv, env } = this.#options;
    const { identity } = await start({
      argv,
      folder: layout.folder,
      log: this.logFile,
      namespace,
      ...(env === undefined ? {} : { env }),
    });
    this.#identity = identity;
  }

  async isRunning(): Promise<boolean> {
    return this.#identity !== undefined && (await isAlive(this.#identity));
  }

  /** Asks it to end and waits until it has. */
  async stop(): Promise<void> {
    if (this.#identity === undefined) return;
    await terminate(this.#context.clock, this.#options.name, this.#identity);
  }

  /** SIGKILL: it gets no chance to tidy up. */
  async kill(): Promise<void> {
    if (this.#identity === undefined) return;
    await kill(
      this.#context.clock,
      this.#context.layout.folder,
      this.#options.name,
      this.#identity,
    );
  }

  /** The last lines of its log. */
  tail(): Promise<string> {
    return tailOf(this.logFile);
  }
}
