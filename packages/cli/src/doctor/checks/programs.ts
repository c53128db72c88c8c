import type { Instant } from "@stowage/clock";
import type { Program } from "../../program-pods.ts";
import { isOf, programs as allPrograms, versionOf } from "../../program-pods.ts";
import type { ProgramPod } from "../../resources.ts";
import type { Finding } from "../finding.ts";
import { check } from "../finding.ts";

const logs = (pod: ProgramPod): string =>
  `kubectl -n ${pod.metadata.namespace} logs ${pod.metadata.name}`;

const notReady = (program: Program, pod: ProgramPod): Finding => {
  const { containerStatuses, conditions } = pod.status;
  const waiting = containerStatuses.flatMap(({ state }) => state?.waiting ?? [])[0];
  const condition = conditions.find(({ type }) => type === "Ready");
  const why = [waiting?.reason, waiting?.message, condition?.message].find(
    (word) => word !== undefined && word !== "",
  );
  const { name } = pod.metadata;
  return program === "agent"
    ? {
        code: "agent_not_ready",
        severity: "error",
        about: `node ${pod.nodeName ?? "<none>"}`,
        message: `the Stowage agent on the node is not ready (pod ${name}${why === undefined ? "" : `: ${why}`})`,
        remedy: `read why: ${logs(pod)}`,
      }
    : {
        code: "program_not_ready",
        severity: "error",
        about: `pod ${name}`,
        message: `the ${program} is not ready${why === undefined ? "" : `: ${why}`}`,
        remedy: `read why: ${logs(pod)}`,
      };
};

export const programsRun = check("programs run", ["programs"], ({ programs }) =>
  allPrograms.flatMap((program): Finding[] => {
    const own = programs.filter((pod) => isOf(program, pod));
    if (own.length === 0) {
      return [
        {
          code: "program_absent",
          severity: "error",
          about: program,
          message: `there is no pod of the ${program}`,
          remedy: "apply the manifests: kubectl apply --server-side -f deploy/manifests/",
        },
      ];
    }
    const unready = own.filter(({ ready }) => ready !== "ready");
    return unready.map((pod) => notReady(program, pod));
  }),
);

export const agentsReport = check(
  "agents report",
  ["programs", "groups", "nodes"],
  ({ programs, groups, nodes }) => {
    const existing = new Set(nodes.map(({ metadata }) => metadata.name));
    const agents = programs.filter((pod) => isOf("agent", pod));
    return groups.flatMap(({ metadata, spec, status }): Finding[] => {
      const node = spec.nodeName;
      if (!existing.has(node)) return [];
      const own = agents.filter(({ nodeName }) => nodeName === node);
      if (own.length === 0) {
        return [
          {
            code: "agent_absent",
            severity: "error",
            about: `node ${node}`,
            message: `has NodeLocalStorage ${metadata.name} and no agent`,
            remedy: "see why the DaemonSet has no pod there: taints, nodeSelector, resources",
          },
        ];
      }
      const isReady = own.some(({ ready }) => ready === "ready");
      const isBehind = status.observedGeneration < metadata.generation;
      const isMute = status.conditions.every(({ type }) => type !== "Ready");
      if (!isReady || (!isBehind && !isMute)) return [];
      return [
        {
          code: "agent_silent",
          severity: "error",
          about: metadata.name,
          message: isMute
            ? "its agent is ready and has never reported on it"
            : `its agent is ready and has not reported on generation ${metadata.generation}, only on ${status.observedGeneration}`,
          remedy: `read why: kubectl -n ${own[0]?.metadata.namespace} logs ${own[0]?.metadata.name}; a command may hang (processes in state D on the node)`,
        },
      ];
    });
  },
);

export const versionsMatch = check("versions match", ["programs"], ({ programs }) => {
  const versions = new Map<string, Set<Program>>();
  for (const program of allPrograms) {
    for (const pod of programs.filter((one) => isOf(program, one))) {
      const version = versionOf(pod);
      versions.set(version, (versions.get(version) ?? new Set()).add(program));
    }
  }
  if (versions.size <= 1) return [];
  const told = [...versions].map(([version, who]) => `${version} (${[...who].join(", ")})`);
  return [
    {
      code: "versions_differ",
      severity: "warning",
      about: allPrograms.join(", "),
      message: `several versions run: ${told.toSorted().join("; ")}`,
      remedy: "finish the upgrade: give all three the same image",
    },
  ];
});

export const someoneLeads = check(
  "a provisioner leads",
  ["leader", "programs"],
  ({ leader, programs }, { now, namespace }) => {
    if (programs.every((pod) => !isOf("provisioner", pod))) return [];
    const remedy = `read why none takes over: kubectl -n ${namespace} logs --selector app.kubernetes.io/component=provisioner`;
    const finding = (message: string): Finding[] => [
      { code: "no_leader", severity: "error", about: "provisioner", message, remedy },
    ];
    if (leader === undefined || leader.holder === "" || leader.renewed === undefined) {
      return finding("no replica holds the Lease stowage-provisioner, so no claim is served");
    }
    const age = Math.floor((now - (Date.parse(leader.renewed) as Instant)) / 1000);
    // A leader renews every few seconds; twice the lease is nobody's delay.
    return age > leader.durationSeconds * 2
      ? finding(`${leader.holder} led, and has not renewed its Lease for ${age} s`)
      : [];
  },
);
