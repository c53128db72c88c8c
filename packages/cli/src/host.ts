import type { Clock } from "@stowage/clock";
import type { KubeClient, TextAnswer } from "@stowage/kube";
import type { Paint } from "./output/table.ts";

/** Which cluster, as kubectl's flags of the same names say it. */
export type Target = {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
};

/** A cluster that can be asked. */
export type Connection = {
  readonly client: KubeClient;
  /** The context's namespace. */
  readonly namespace: string;
  /** A page that is no object; see kube's getText. */
  readonly getText: (path: string) => Promise<TextAnswer>;
};

/** All that a command has of the world around it. */
export type Host = {
  /** Writes a text and a line end. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly paint: Paint;
  /** Asks the person at the terminal; undefined where there is none. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** @param path of a file, or "-" for standard input. */
  readonly readFile: (path: string) => Promise<string>;
  readonly clock: Clock;
  /** @throws Failure */
  readonly connect: (target: Target) => Promise<Connection>;
  /** Aborts when the person gives up waiting. */
  readonly signal: AbortSignal;
};
