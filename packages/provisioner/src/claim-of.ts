/** How a log names the claim that a ledger's entry or a PersistentVolume is for. */
export const claimOf = (
  reference: { readonly namespace: string; readonly name: string } | undefined,
): string | undefined =>
  reference === undefined ? undefined : `${reference.namespace}/${reference.name}`;
