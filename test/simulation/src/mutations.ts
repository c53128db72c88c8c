/** A text in a file's source, and what stands there instead. */
export type Edit = {
  /** Below packages/. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
};

/** What the programs keep to, whatever fails. */
export const guarded: Readonly<Record<number, string>> = {
  1: "no more room is promised than there is",
  2: "a volume goes only once it was condemned, and nobody can have its data",
  3: "a PersistentVolume stands for one volume, which is there",
  4: "an attempt is given up only if nothing can come of it",
  5: "a device with foreign data is never written",
  6: "whatever fails, the end is the same: nothing leaks, and no claim waits while there is room",
  7: "a volume is mounted without Stowage",
  8: "no byte of others is written, and none can be read",
};

/** A guard of the programs, taken out. */
export type Mutation = Edit & {
  readonly name: string;
  /** Which of `guarded` breaks without it. */
  readonly invariant: number;
  /** Further guards behind the first, which go too: with any of them nothing breaks. */
  readonly and?: readonly Edit[];
  /** Within so many seeds the simulator must find that something breaks. */
  readonly seeds: number;
};

export const editsOf = (mutation: Edit & Pick<Mutation, "and">): readonly Edit[] => [
  mutation,
  ...(mutation.and ?? []),
];

/*
 * Not here: guards that stand behind others, so that several rare things must meet before one of them is
 * missed (an attempt is given up only after a look at the API server, what was written a moment ago counts,
 * a lease is a process's own). Hundreds of seeds pass without them; unit tests hold them.
 */
export const mutations: readonly Mutation[] = [
  {
    name: "room is promised without a look at what is left",
    invariant: 1,
    file: "provisioner/src/ledger-change.ts",
    from: 'if (answer.kind === "refused") return answer;\n        group = answer.group;\n        for (const entry of missing) append(entry);',
    to: 'if (answer.kind === "reserved") group = answer.group;\n        for (const entry of missing) append(entry);',
    seeds: 20,
  },
  {
    name: "the patch of the ledger is no compare-and-swap",
    invariant: 1,
    file: "provisioner/src/ledger-change.ts",
    from: "[...guards, ...body]",
    to: "[...body]",
    seeds: 500,
  },
  {
    // Both the plan of a growth and the patch of the ledger ask it.
    name: "a volume grows without a look at what is left",
    invariant: 1,
    file: "capacity/src/grow.ts",
    from: 'if (need > free(group)) return { kind: "refused", refusal: noRoom(group, need, 1) };',
    to: "noRoom(group, need, free(group));",
    seeds: 60,
  },
  {
    name: "volumes are condemned on what the caches show",
    invariant: 2,
    file: "provisioner/src/carry-out.ts",
    from: "if (!(await isBurialConfirmed(step, hands))) {",
    to: "if (step.volume === hands) {",
    seeds: 100,
  },
  {
    name: "a PersistentVolume has the size that was asked for",
    invariant: 3,
    file: "provisioner/src/provisioned-volume.ts",
    from: "const size = made.status?.size ?? made.entry.size;",
    to: "const size = made.entry.size;",
    seeds: 10,
  },
  {
    name: "a PersistentVolume is made as soon as room is promised",
    invariant: 3,
    file: "provisioner/src/plan-volume.ts",
    from: 'if (status?.state === "Ready" && alive.kind === "usable") {',
    to: 'if (alive.kind === "usable") {',
    seeds: 5,
  },
  {
    name: "a PersistentVolume goes as soon as the caches show no entry",
    invariant: 6,
    file: "provisioner/src/carry-out.ts",
    from: 'return (await isAbsenceConfirmed(step, hands)) ? "go_on" : "look_again";',
    to: 'return step.volume === "" ? "look_again" : "go_on";',
    seeds: 2000,
  },
  {
    name: "an entry goes as soon as its tombstone is set",
    invariant: 6,
    file: "provisioner/src/plan-handed-out.ts",
    from: 'if (home.status?.state === "Deleted") return [drop("tombstone"), ...remove];',
    to: 'return [drop("tombstone"), ...remove];',
    seeds: 20,
  },
  {
    name: "a tombstone's attempt is given up before its volume is gone",
    invariant: 4,
    file: "provisioner/src/tombstone.ts",
    from: 'return status?.state === "Deleted"',
    to: "return entry.delete === true",
    seeds: 60,
  },
  {
    name: "an entry that somebody dropped is not put back",
    invariant: 6,
    file: "provisioner/src/plan-handed-out.ts",
    from: "if (home === undefined) return [restore];",
    to: "if (home === undefined) return [];",
    seeds: 500,
  },
  {
    name: "an attempt that failed leaves selected-node as it is",
    invariant: 6,
    file: "provisioner/src/plan-volume.ts",
    from: "return [telling, ...bury, clearing];",
    to: "return [telling];",
    seeds: 100,
  },
  {
    name: "the finalizer of a PersistentVolume is never taken off",
    invariant: 6,
    file: "provisioner/src/carry-out.ts",
    from: "await releaseFinalizer(step.persistentVolume, hands);",
    to: "",
    seeds: 20,
  },
  {
    name: "decreases of capacity are never published",
    invariant: 6,
    file: "provisioner/src/plan-capacity.ts",
    from: "return waited >= decreaseDelay\n    ? update(wish.capacity)\n    :",
    to: "return",
    seeds: 10,
  },
  {
    name: "a volume is removed without being wiped",
    invariant: 2,
    file: "agent/src/judge-volumes.ts",
    from: 'if (state?.kind === "running") return { kind: "wiping", volume, wiped: state.wiped };',
    to: 'if (volume !== undefined) return { kind: "remove", volume };',
    seeds: 20,
  },
  {
    name: "an elected node that has no room is not elected anew",
    invariant: 6,
    file: "provisioner/src/reserve-room.ts",
    from: '? "look_again" : "stop"',
    to: '? "stop" : "stop"',
    seeds: 100,
  },
  {
    name: "an action that is under way again is looked at without end",
    invariant: 6,
    file: "agent/src/failures.ts",
    from: ".filter((retryAt) => retryAt > now)",
    to: "",
    seeds: 60,
  },
  {
    name: "a watch that is too old is asked for again and again",
    invariant: 6,
    file: "kube/src/reflector.ts",
    from: 'if (isKubeError(error, "gone") || this.#failedResumes >= resumesBeforeList) {',
    to: "if (this.#failedResumes > 1_000_000) {",
    seeds: 60,
  },
  {
    name: "room is promised to claims as the caches show them",
    invariant: 4,
    file: "provisioner/src/reserve-room.ts",
    from: "return stand.includes(false)",
    to: "return stand.length < 0",
    seeds: 500,
  },
  {
    name: "volumes go as soon as no entry names them",
    invariant: 2,
    file: "agent/src/plan.ts",
    from: 'const actions: Action[] = ofKind("remove").map((entry) => ({ kind: "remove_volume", entry }));',
    to: `const named = new Set(spec.volumes.map(({ name }) => name));
  const actions: Action[] = [
    ...ofKind("remove"),
    ...[...publicVolumes(group.group).values()]
      .filter(({ name, use, tags }) => !named.has(name) && use === "closed" && identityOf(tags) !== undefined)
      .map(({ name, size, tags }) => ({ name, size, claim: identityOf(tags)?.claim, delete: true, wipe: "none" })),
  ].map((entry) => ({ kind: "remove_volume", entry }));`,
    seeds: 100,
  },
  {
    name: "volumes are removed that nobody condemned",
    invariant: 2,
    file: "agent/src/judge-volumes.ts",
    from: "for (const entry of spec.volumes.filter((volume) => volume.delete === true)) {",
    to: "for (const entry of spec.volumes.filter((volume) => volume.pending !== true)) {",
    seeds: 20,
  },
  {
    name: "a device is taken whatever is on it",
    invariant: 5,
    file: "agent/src/refuse-device.ts",
    from: "const [type] = foreign;\n  if (type === undefined) return undefined;",
    to: "const [type] = foreign;\n  if (type !== partitioned) return undefined;",
    and: [
      {
        file: "agent/src/refuse-device.ts",
        from: 'return { reason: "Unreadable", message: "was not looked at closely yet" };',
        to: "return undefined;",
      },
      {
        file: "agent/src/commands-of.ts",
        from: '...(label === "none" ? [checkUnused(volumeGroup, path)] : []),',
        to: "",
      },
      {
        file: "lvm/src/argv/groups.ts",
        from: "      metadataSize,\n      ...tags",
        to: '      "--yes",\n      metadataSize,\n      ...tags',
      },
    ],
    seeds: 60,
  },
  {
    name: "a PersistentVolume leads to what only Stowage would make",
    invariant: 7,
    file: "provisioner/src/persistent-volume.ts",
    from: "path: devicePathOf(group.spec.volumeGroup, name),",
    to: "path: `/run/stowage/${devicePathOf(group.spec.volumeGroup, name)}`,",
    seeds: 10,
  },
  {
    name: "volumes stay inactive after a boot",
    invariant: 7,
    file: "agent/src/plan.ts",
    from: 'if (inactive.length > 0) actions.push({ kind: "activate_volumes", volumes: inactive });',
    to: "",
    seeds: 60,
  },
  {
    name: "a leader that was paused goes on writing",
    invariant: 6,
    file: "kube/src/guarded-transport.ts",
    from: 'request.method === "GET" ?',
    to: 'request.method !== "" ?',
    seeds: 500,
  },
  {
    name: "a leader's write may be under way for longer than its lease",
    invariant: 3,
    file: "kube/src/leader.ts",
    from: "milliseconds(durations.lease - Math.max(0, age))",
    to: "milliseconds(durations.lease * 20)",
    seeds: 500,
  },
  {
    name: "a growth is told before the disk has it",
    invariant: 3,
    file: "provisioner/src/expansion-plan.ts",
    from: "if (real === undefined || real < size) {",
    to: "if (real === undefined) {",
    and: [
      {
        file: "provisioner/src/expansion-plan.ts",
        from: "size: real, before });",
        to: "size, before });",
      },
    ],
    seeds: 20,
  },
  {
    name: "a new raw volume has what lay on its extents",
    invariant: 8,
    file: "agent/src/judge-new-volume.ts",
    from: "if (isNew && readsExtents(entry)) {",
    to: 'if (isNew && readsExtents(entry) && name === "") {',
    seeds: 10,
  },
  {
    name: "a raw volume grows by what lay there",
    invariant: 8,
    file: "agent/src/judge-growth.ts",
    from: "return readsExtents(entry)\n      ?",
    to: 'return readsExtents(entry) && entry.name === ""\n      ?',
    seeds: 100,
  },
  {
    name: "a volume goes with the snapshots that an admin made of it",
    invariant: 8,
    file: "agent/src/dependants.ts",
    from: "if (dependants.length > 0) {",
    to: "if (dependants.length > 1_000_000) {",
    seeds: 100,
  },
  {
    name: "what ended well and did nothing was done",
    invariant: 6,
    file: "agent/src/unproven.ts",
    from: "if (isUndone || again.get(key)?.wish === wish) withoutEffect.push(action);",
    to: 'if (isUndone && wish === "") withoutEffect.push(action);',
    seeds: 100,
  },
];
