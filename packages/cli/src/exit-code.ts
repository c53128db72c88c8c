/** How a command ends; docs/kubectl-stowage.md tells people. */
export const exitCodes = {
  done: 0,
  /** The answer is no: it fits nowhere, was refused, or something is wrong. */
  no: 1,
  usage: 2,
  /** No cluster, no answer of it, or one that makes no sense. */
  cluster: 3,
  forbidden: 4,
  not_found: 5,
  not_confirmed: 6,
  /** Ctrl-C, as shells count it. */
  interrupted: 130,
} as const;

export type Ending = keyof typeof exitCodes;
export type ExitCode = (typeof exitCodes)[Ending];
