import type { ComponentName } from "@stowage/test-cluster";

/* What the adversary does to the cluster, as data. */

export const chaosNodes = ["n1", "n2", "n3"] as const;
export type NodeName = (typeof chaosNodes)[number];

/** Slots of each node that its volume group lies on; see slot.ts. */
export const slotNames = ["first", "second"] as const;
export type SlotName = (typeof slotNames)[number];

export type ProgramName = "agent" | "provisioner" | "extender";

/** Something that goes wrong, for so many seconds where it lasts; then it is undone. */
export type Blow =
  /** SIGKILL to a process on the node, or on the next one where it runs. */
  | {
      readonly kind: "kill_program";
      readonly program: ProgramName;
      readonly node: NodeName;
      /** Whether its container starts anew, or its pod is made anew, maybe elsewhere. */
      readonly afterwards: "restarted" | "replaced";
    }
  /** SIGSTOP, as when it hangs, and SIGCONT. */
  | {
      readonly kind: "stop_program";
      readonly program: ProgramName;
      readonly node: NodeName;
      readonly seconds: number;
    }
  | {
      readonly kind: "kill_component";
      readonly component: ComponentName;
      readonly seconds: number;
    }
  | {
      readonly kind: "power_cut" | "network_cut";
      readonly node: NodeName;
      readonly seconds: number;
    }
  /** What a disk below a physical volume does. */
  | {
      readonly kind: "disk_fails" | "disk_falters" | "disk_hangs" | "disk_pulled";
      readonly node: NodeName;
      readonly slot: SlotName;
      readonly seconds: number;
    }
  /** What an admin does to a group, and takes back. */
  | {
      readonly kind: "cordoned" | "reserved" | "filled_by_hand";
      readonly node: NodeName;
      readonly seconds: number;
    }
  /** An entry of a volume that was handed out is taken off spec.volumes by mistake. */
  | { readonly kind: "entry_dropped"; readonly node: NodeName };

export type BlowKind = Blow["kind"];

/** The node that is struck, if it is one. */
export const nodeOf = (blow: Blow): NodeName | undefined =>
  "node" in blow ? blow.node : undefined;

/** In words, for the account. */
export const wordsOf = (blow: Blow): string => {
  switch (blow.kind) {
    case "kill_program":
      return `SIGKILL to the ${blow.program} on ${blow.node}, ${blow.afterwards}`;
    case "stop_program":
      return `SIGSTOP to the ${blow.program} on ${blow.node} for ${blow.seconds} s`;
    case "kill_component":
      return `SIGKILL to ${blow.component}, away for ${blow.seconds} s`;
    case "power_cut":
      return `power cut of ${blow.node} for ${blow.seconds} s`;
    case "network_cut":
      return `${blow.node} cut off the network for ${blow.seconds} s`;
    case "disk_fails":
    case "disk_falters":
    case "disk_hangs":
    case "disk_pulled":
      return `${blow.slot} disk of ${blow.node} ${diskWords[blow.kind]} for ${blow.seconds} s`;
    case "cordoned":
    case "reserved":
    case "filled_by_hand":
      return `group of ${blow.node} ${groupWords[blow.kind]} for ${blow.seconds} s`;
    case "entry_dropped":
      return `an entry taken off spec.volumes on ${blow.node}`;
    default:
      return blow satisfies never;
  }
};

const diskWords = {
  disk_fails: "fails everything",
  disk_falters: "fails now and then",
  disk_hangs: "hangs",
  disk_pulled: "is pulled",
} as const;

const groupWords = {
  cordoned: "cordoned",
  reserved: "told to leave half of it to others",
  filled_by_hand: "gets a volume by hand",
} as const;
