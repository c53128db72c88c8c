import type { Facts, Parts } from "./facts.ts";

/** error: something does not work. warning: something will not, or is waste. */
type Severity = "error" | "warning";

/** Something that is not as it should be, and what to do about it. */
export type Finding = {
  readonly code: string;
  readonly severity: Severity;
  /** Whom it is about: a node, an object, a program. */
  readonly about: string;
  readonly message: string;
  readonly remedy: string;
};

export type CheckResult = {
  readonly check: string;
  readonly outcome: "fine" | "wrong" | "not checked";
  /** Why it was not checked. */
  readonly why?: string;
  readonly findings: readonly Finding[];
};

export type Check = (facts: Facts) => CheckResult;

type Setting = Pick<Facts, "now" | "namespace">;

/** A check that looks at these parts; it is not made where one of them could not be read. */
export const check =
  <K extends keyof Parts>(
    name: string,
    reads: readonly K[],
    find: (parts: Pick<Parts, K>, setting: Setting) => readonly Finding[],
  ): Check =>
  (facts) => {
    const parts: Partial<Record<K, unknown>> = {};
    for (const key of reads) {
      const reading = facts[key];
      if (reading.kind === "unread") {
        return { check: name, outcome: "not checked", why: reading.why, findings: [] };
      }
      parts[key] = reading.value;
    }
    const findings = find(parts as Pick<Parts, K>, facts);
    return { check: name, outcome: findings.length === 0 ? "fine" : "wrong", findings };
  };
