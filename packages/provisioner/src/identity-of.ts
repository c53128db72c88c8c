/**
 * A candidate's name in the Lease: of one process, not of its Pod. A container that starts anew waits
 * for the lease of the one that was killed, since what that had sent may still be under way.
 * client-go's candidates are named so, too.
 */
export const identityOf = (podName: string, random: () => number): string =>
  `${podName}_${Math.floor(random() * 2 ** 48)
    .toString(16)
    .padStart(12, "0")}`;
