import { expect, test } from "vitest";
import { audit } from "./audit.ts";
import type {
  Observed,
  ObservedClaim,
  ObservedDisk,
  ObservedGroup,
  ObservedPod,
  ObservedVolume,
} from "./observed.ts";

const mib = (count: number): number => count * 2 ** 20;
const name = "pvc-uid-1";

const claim: ObservedClaim = {
  key: "chaos/c",
  uid: "uid-1",
  phase: "Bound",
  asked: mib(38),
  has: mib(40),
  volume: name,
  isDeleting: false,
};
const waiting: ObservedClaim = {
  key: "chaos/w",
  uid: "uid-2",
  phase: "Pending",
  asked: mib(61),
  has: 0,
  volume: "",
  isDeleting: false,
};
const pod: ObservedPod = {
  key: "chaos/c",
  phase: "Running",
  claims: ["chaos/c"],
  isDeleting: false,
};
const waitingPod: ObservedPod = {
  key: "chaos/w",
  phase: "Pending",
  claims: ["chaos/w"],
  isDeleting: false,
};
const volume: ObservedVolume = {
  name,
  phase: "Bound",
  claimUid: "uid-1",
  node: "n1",
  path: `/dev/chaos/${name}`,
  size: mib(40),
  isDeleting: false,
};
const entry: ObservedGroup["entries"][number] = {
  name,
  claimUid: "uid-1",
  size: mib(38),
  state: "handed out",
};
const group: ObservedGroup = {
  node: "n1",
  volumeGroup: "chaos",
  entries: [entry],
  seen: [{ name, state: "Ready", size: mib(40) }],
  orphans: [],
  whyNotReady: "",
  report: "current",
  isCordoned: false,
  extentSize: mib(4),
  capacity: mib(100),
  free: mib(60),
};
const lv: ObservedDisk["volumes"][number] = {
  name,
  size: mib(40),
  tags: [`stowage.dev/volume=${name}`, "stowage.dev/claim-uid=uid-1", "stowage.dev/claim=chaos/c"],
};
const disk: ObservedDisk = {
  node: "n1",
  volumeGroup: "chaos",
  size: mib(100),
  free: mib(60),
  volumes: [lv],
};

/** One claim that is served, and one that waits rightly: 61 MiB take 64, and 60 are free. */
const sound: Observed = {
  claims: [claim, waiting],
  pods: [pod, waitingPod],
  volumes: [volume],
  groups: [group],
  disks: [disk],
  capacities: [{ storageClass: "chaos", node: "n1", size: mib(60) }],
};

const inGroup = (change: Partial<ObservedGroup>): Partial<Observed> => ({
  groups: [{ ...group, ...change }],
});
const onDisk = (change: Partial<ObservedDisk>): Partial<Observed> => ({
  disks: [{ ...disk, ...change }],
});
const ofClaim = (change: Partial<ObservedClaim>): Partial<Observed> => ({
  claims: [{ ...claim, ...change }, waiting],
});
const ofVolume = (change: Partial<ObservedVolume>): Partial<Observed> => ({
  volumes: [{ ...volume, ...change }],
});

test("what is sound is found so", () => {
  expect(audit(sound)).toEqual([]);
});

test.for<{ readonly fault: string; readonly change: Partial<Observed>; readonly found: RegExp }>([
  {
    fault: "a claim that does not go",
    change: ofClaim({ isDeleting: true }),
    found: /claim chaos\/c is deleted and stays/,
  },
  {
    fault: "a claim that lost its PersistentVolume",
    change: { volumes: [] },
    found: /claim chaos\/c is bound, and pvc-uid-1 is gone/,
  },
  {
    fault: "two PersistentVolumes for a claim",
    change: { volumes: [volume, { ...volume, name: "pvc-other", path: "/dev/chaos/pvc-other" }] },
    found: /claim chaos\/c has several volumes: pvc-uid-1, pvc-other/,
  },
  {
    fault: "a claim that is not bound to what was made for it",
    change: ofClaim({ phase: "Pending", volume: "" }),
    found: /claim chaos\/c is Pending, and pvc-uid-1 was made for it/,
  },
  {
    fault: "a claim that is bound to another volume",
    change: ofClaim({ volume: "pvc-other" }),
    found: /is bound to pvc-other, and pvc-uid-1 is for it/,
  },
  {
    fault: "a claim that is told more than there is",
    change: ofClaim({ has: mib(44) }),
    found: /is told 46137344 bytes, and pvc-uid-1 has 41943040/,
  },
  {
    fault: "a growth that never comes",
    change: ofClaim({ asked: mib(80) }),
    found: /asks for 83886080 bytes, has 41943040, and there is room/,
  },
  {
    fault: "a pod that does not go",
    change: { pods: [{ ...pod, isDeleting: true }] },
    found: /pod chaos\/c is deleted and stays/,
  },
  {
    fault: "a pod that does not run with what it asked for",
    change: { pods: [{ ...pod, phase: "Pending" }] },
    found: /pod chaos\/c is Pending though its claims are bound/,
  },
  {
    fault: "a pod whose claim is gone",
    change: { pods: [{ ...waitingPod, claims: ["chaos/other"] }] },
    found: /pod chaos\/w waits for a claim that is gone/,
  },
  {
    fault: "a pod that waits though there is room",
    change: { claims: [claim, { ...waiting, asked: mib(60) }] },
    found: /pod chaos\/w waits, and n1 has 62914560 bytes for it/,
  },
  {
    fault: "a PersistentVolume that does not go",
    change: ofVolume({ isDeleting: true }),
    found: /PersistentVolume pvc-uid-1 is deleted and stays/,
  },
  {
    fault: "a PersistentVolume that was released",
    change: ofVolume({ phase: "Released" }),
    found: /PersistentVolume pvc-uid-1 is Released/,
  },
  {
    fault: "a PersistentVolume of a claim that is gone",
    change: { claims: [waiting], pods: [waitingPod] },
    found: /PersistentVolume pvc-uid-1 is for a claim that is gone/,
  },
  {
    fault: "a PersistentVolume without an entry",
    change: inGroup({ entries: [] }),
    found: /PersistentVolume pvc-uid-1 has no entry on n1/,
  },
  {
    fault: "an entry of another claim",
    change: inGroup({ entries: [{ ...entry, claimUid: "uid-9" }] }),
    found: /PersistentVolume pvc-uid-1 and its entry are of different claims/,
  },
  {
    fault: "a PersistentVolume without a logical volume",
    change: onDisk({ volumes: [] }),
    found: /PersistentVolume pvc-uid-1 has no logical volume on n1/,
  },
  {
    fault: "a PersistentVolume that says more than there is",
    change: ofVolume({ size: mib(44) }),
    found: /PersistentVolume pvc-uid-1 has 46137344 bytes, its volume 41943040/,
  },
  {
    fault: "two PersistentVolumes on one logical volume",
    change: { volumes: [volume, { ...volume, name: "pvc-twin", claimUid: "uid-2" }] },
    found: /PersistentVolumes pvc-uid-1 and pvc-twin share a volume/,
  },
  {
    fault: "a group that is not Ready",
    change: inGroup({ whyNotReady: "a disk is away" }),
    found: /n1.chaos is not Ready: a disk is away/,
  },
  {
    fault: "a report that is old",
    change: inGroup({ report: "of an older generation" }),
    found: /the report on n1.chaos is of an older generation/,
  },
  {
    fault: "an orphan",
    change: inGroup({ orphans: ["pvc-lost"] }),
    found: /n1.chaos reports the orphan pvc-lost/,
  },
  {
    fault: "a group that is gone from its node",
    change: { disks: [] },
    found: /n1.chaos has no volume group on its node/,
  },
  {
    fault: "a capacity that is not LVM's",
    change: onDisk({ size: mib(104) }),
    found: /n1.chaos reports 104857600 bytes, and LVM says 109051904/,
  },
  {
    fault: "a free room that is not LVM's",
    change: onDisk({ free: mib(56) }),
    found: /n1.chaos reports 62914560 bytes free, and LVM says 58720256/,
  },
  {
    fault: "a published room that is not there",
    change: { capacities: [{ storageClass: "chaos", node: "n1", size: mib(64) }] },
    found: /67108864 bytes of n1.chaos are published for chaos, of 62914560/,
  },
  {
    fault: "a tombstone that stays",
    change: inGroup({ entries: [{ ...entry, state: "tombstone" }] }),
    found: /the entry of pvc-uid-1 on n1 is a tombstone and stays/,
  },
  {
    fault: "an entry that stays pending",
    change: inGroup({ entries: [{ ...entry, state: "pending" }] }),
    found: /the entry of pvc-uid-1 on n1 stays pending/,
  },
  {
    fault: "an entry without a PersistentVolume",
    change: { volumes: [] },
    found: /the entry of pvc-uid-1 on n1 has no PersistentVolume/,
  },
  {
    fault: "an entry without a logical volume",
    change: onDisk({ volumes: [] }),
    found: /the entry of pvc-uid-1 on n1 has no logical volume/,
  },
  {
    fault: "a logical volume that is smaller than its entry",
    change: inGroup({ entries: [{ ...entry, size: mib(41) }] }),
    found: /the entry of pvc-uid-1 on n1 has 42991616 bytes, its volume 41943040/,
  },
  {
    fault: "a volume that is not reported Ready",
    change: inGroup({ seen: [{ name, state: "Failed", size: mib(40) }] }),
    found: /the entry of pvc-uid-1 on n1 is reported Failed with 41943040 bytes/,
  },
  {
    fault: "a volume that is reported with another size",
    change: inGroup({ seen: [{ name, state: "Ready", size: mib(44) }] }),
    found: /the entry of pvc-uid-1 on n1 is reported Ready with 46137344 bytes/,
  },
  {
    fault: "tags of another claim",
    change: onDisk({ volumes: [{ ...lv, tags: [lv.tags[0] ?? ""] }] }),
    found: /the entry of pvc-uid-1 on n1 and the tags of its volume are of different claims/,
  },
  {
    fault: "a logical volume without an owner",
    change: onDisk({ volumes: [lv, { ...lv, name: "pvc-lost" }] }),
    found: /logical volume pvc-lost on n1 has no entry/,
  },
  {
    fault: "a logical volume that is not tagged",
    change: onDisk({ volumes: [{ ...lv, tags: [] }] }),
    found: /logical volume pvc-uid-1 on n1 is not tagged as such/,
  },
])("$fault is found", ({ change, found }) => {
  expect(audit({ ...sound, ...change })).toContainEqual(expect.stringMatching(found));
});
