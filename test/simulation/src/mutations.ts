/** A guard of the programs, taken out: the text in a file's source, and what stands there instead. */
export type Mutation = {
  readonly name: string;
  /** Below packages/. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Within so many seeds the simulator must find that something breaks. */
  readonly seeds: number;
};

export const mutations: readonly Mutation[] = [
  {
    name: "room is promised without a look at what is left",
    file: "provisioner/src/ledger-change.ts",
    from: 'if (answer.kind === "refused") return answer;\n        group = answer.group;\n        for (const entry of missing) append(entry);',
    to: 'if (answer.kind === "reserved") group = answer.group;\n        for (const entry of missing) append(entry);',
    seeds: 5,
  },
  {
    name: "the patch of the ledger is no compare-and-swap",
    file: "provisioner/src/ledger-change.ts",
    from: "[guard, ...body]",
    to: "[...body]",
    seeds: 60,
  },
  {
    name: "a volume grows without a look at what is left",
    file: "provisioner/src/ledger-change.ts",
    from: 'const answer = grow(group, reservation, change.size);\n        if (answer.kind === "refused") return answer;',
    to: 'const answer = grow(group, reservation, change.size);\n        if (answer.kind === "refused") return done;',
    seeds: 60,
  },
  {
    name: "volumes are condemned on what the caches show",
    file: "provisioner/src/carry-out.ts",
    from: "if (!(await isConfirmed(step, hands))) {",
    to: "if (step.volume === hands) {",
    seeds: 100,
  },
  {
    name: "selected-node is cleared on what the caches show",
    file: "provisioner/src/carry-out.ts",
    from: "if (!(await isGivenUp(step, hands))) return;",
    to: "",
    seeds: 100,
  },
  {
    name: "a PersistentVolume has the size that was asked for",
    file: "provisioner/src/carry-out.ts",
    from: "const size = made.status?.size ?? made.entry.size;",
    to: "const size = made.entry.size;",
    seeds: 10,
  },
  {
    name: "a PersistentVolume is made as soon as room is promised",
    file: "provisioner/src/plan-volume.ts",
    from: 'if (status?.state === "Ready" && alive.kind === "usable") {',
    to: 'if (alive.kind === "usable") {',
    seeds: 5,
  },
  {
    name: "an entry goes as soon as its tombstone is set",
    file: "provisioner/src/plan-handed-out.ts",
    from: 'if (home.status?.state === "Deleted") return [drop, ...remove];',
    to: "return [drop, ...remove];",
    seeds: 10,
  },
  {
    name: "a tombstone's attempt is given up before its volume is gone",
    file: "provisioner/src/tombstone.ts",
    from: 'return status?.state === "Deleted" ? [{ kind: "drop"',
    to: 'return entry.delete === true ? [{ kind: "drop"',
    seeds: 60,
  },
  {
    name: "an entry that somebody dropped is not put back",
    file: "provisioner/src/plan-handed-out.ts",
    from: "if (home === undefined) return [restore];",
    to: "if (home === undefined) return [];",
    seeds: 60,
  },
  {
    name: "an attempt that failed leaves selected-node as it is",
    file: "provisioner/src/plan-volume.ts",
    from: "return [telling, ...bury, clearing];",
    to: "return [telling];",
    seeds: 100,
  },
  {
    name: "the finalizer of a PersistentVolume is never taken off",
    file: "provisioner/src/carry-out.ts",
    from: "await releaseFinalizer(step.persistentVolume, hands);",
    to: "",
    seeds: 5,
  },
  {
    name: "decreases of capacity are never published",
    file: "provisioner/src/plan-capacity.ts",
    from: "return waited >= decreaseDelay\n    ? update(wish.capacity)\n    :",
    to: "return",
    seeds: 10,
  },
  {
    name: "a volume is removed without being wiped",
    file: "agent/src/judge-volumes.ts",
    from: 'if (state?.kind === "running") return { kind: "wiping", volume, wiped: state.wiped };',
    to: 'if (volume !== undefined) return { kind: "remove", volume };',
    seeds: 20,
  },
  {
    name: "an elected node that has no room is not elected anew",
    file: "provisioner/src/carry-out.ts",
    from: '? "look_again" : "stop"',
    to: '? "stop" : "stop"',
    seeds: 100,
  },
  {
    name: "what was written a moment ago is forgotten until the cache shows it",
    file: "provisioner/src/reconcile-volume.ts",
    from: "...ledger.ahead()",
    to: "",
    seeds: 100,
  },
  {
    name: "an action that is under way again is looked at without end",
    file: "agent/src/failures.ts",
    from: ".filter((retryAt) => retryAt > now)",
    to: "",
    seeds: 60,
  },
  {
    name: "a watch that is too old is asked for again and again",
    file: "kube/src/reflector.ts",
    from: 'if (isKubeError(error, "gone") || this.#failedResumes >= resumesBeforeList) {',
    to: "if (this.#failedResumes > 1_000_000) {",
    seeds: 60,
  },
];
