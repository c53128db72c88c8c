/** Histories that broke something once, with what was wrong then. */
export const keptSeeds: readonly {
  readonly seed: number;
  readonly steps: number;
  readonly was: string;
}[] = [
  {
    seed: 328,
    steps: 2000,
    was: "selected-node was cleared while an entry that no cache showed yet could become a volume",
  },
  {
    seed: 22,
    steps: 2000,
    was: "an agent whose wipe was tried again looked without end and hung",
  },
  {
    seed: 40,
    steps: 2000,
    was: "an Immediate claim was given entries on two nodes, and neither was ever used",
  },
  {
    seed: 19,
    steps: 2000,
    was: "an Immediate claim that was refused where it was elected was never looked at again",
  },
  {
    seed: 2021,
    steps: 2000,
    was: "a claim's node was cleared for its pod's other claim while room was being promised to it",
  },
  {
    seed: 1038,
    steps: 2000,
    was: "room was promised on a node that had been cleared a moment ago, as a stalled watch still showed it",
  },
  {
    seed: 4,
    steps: 2000,
    was: "an entry that an admin took out during a growth came back without what had grown, for good",
  },
  {
    seed: 78,
    steps: 2000,
    was: "a report that a killed agent had sent arrived after its successor's, and stood for ever",
  },
  {
    seed: 106,
    steps: 2000,
    was: "what a deleted claim's volume has beyond an entry that an admin put back was called free; and that a new leader, whose cache of ledgers lagged, let a PersistentVolume go whose volume was there",
  },
  {
    seed: 5054,
    steps: 2000,
    was: "an entry that an admin took out came back for a claim whose node had been cleared, as its volume was there",
  },
  {
    seed: 5107,
    steps: 2000,
    was: "a volume that could not be settled while the server was in trouble stayed pending",
  },
  {
    seed: 5028,
    steps: 2000,
    was: "an entry that an admin put back made another volume, which was taken for the one that had been removed",
  },
  {
    seed: 7028,
    steps: 2000,
    was: "room was promised in the same patch that put back an entry, without counting what that one takes",
  },
  {
    seed: 40156,
    steps: 2000,
    was: "a report did not wait for LVM's lock, and missed the volume that a command which hung was about to make",
  },
  {
    seed: 1_500_169,
    steps: 2000,
    was: "a tombstone went by what was said of the volume that had the name before, and its own volume stayed",
  },
  {
    seed: 3_001_143,
    steps: 2000,
    was: "a new leader, whose caches lagged, made a PersistentVolume for a volume that was condemned",
  },
  {
    seed: 3_006_153,
    steps: 2000,
    was: "an entry was put back while its claim's node was being cleared for its pod's other claim",
  },
  {
    seed: 4_000_196,
    steps: 2000,
    was: "an entry was put back without the growth that had come on disk since that was decided",
  },
  {
    seed: 6_002_326,
    steps: 2000,
    was: "an entry that was put back for a volume on disk was taken for a promise of room",
  },
];
