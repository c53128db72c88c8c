import { storageClasses } from "@stowage/api";
import {
  cachedAgents,
  cachedClaims,
  cachedNodes,
  cachedStorages,
  Cluster,
  Extender,
  readCall,
} from "@stowage/extender";
import type { Clock } from "@stowage/clock";
import { milliseconds } from "@stowage/clock";
import { randomFrom } from "@stowage/capacity/testing/random";

/*
 * What each way of choosing a node does to a cluster of 200 nodes over a mixed trace. Every choice
 * is among the nodes that the extender's filter passes; spread and binpack are its own scores.
 */

type Choice = "spread" | "binpack" | "most-free" | "random";
type Arrival = {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly leavesAt: number;
};
type Volume = { readonly uid: string; readonly size: number };
type Node = { readonly name: string; readonly size: number; volumes: readonly Volume[] };
type Result = {
  readonly choice: Choice;
  readonly placed: number;
  readonly failed: number;
  readonly failedLarge: number;
  readonly strandedShare: number;
};

const nodeCount = 200;
const steps = 6000;
const largest = 400;
const groupSizes = [500, 500, 500, 1000, 1000, 2000];
const choices: readonly Choice[] = ["spread", "binpack", "most-free", "random"];
const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** In GiB. Mostly small claims, some medium, a few large; a tenth of the pods has two. */
const traceOf = (seed: number): Arrival[] => {
  const random = randomFrom(seed);
  const between = (low: number, high: number): number => low + Math.floor(random() * (high - low));
  const size = (): number => {
    const kind = random();
    return kind < 0.7 ? between(5, 30) : kind < 0.94 ? between(50, 150) : between(250, largest);
  };
  return Array.from({ length: steps }, (_, index) => ({
    name: `app-${index}`,
    sizes: random() < 0.1 ? [size(), size()] : [size()],
    leavesAt: index + between(500, 4500),
  }));
};

const freeOf = ({ size, volumes }: Node): number =>
  volumes.reduce((left, volume) => left - volume.size, size);

class Simulation {
  readonly #cluster = new Cluster();
  readonly #extender: Extender;
  readonly #nodes: Node[];
  readonly #random: () => number;
  #now = 0;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
    this.#extender = new Extender({
      cluster: this.#cluster,
      clock: { moment: () => this.#now as ReturnType<Clock["moment"]> },
      freshness: () => ({ kind: "live" }),
      staleLimit: milliseconds(60_000),
      promiseLifetime: milliseconds(1),
      strategy: "spread",
    });
    this.#nodes = Array.from({ length: nodeCount }, (_, index) => ({
      name: `n${index}`,
      size: groupSizes[index % groupSizes.length] ?? 0,
      volumes: [],
    }));
    for (const node of this.#nodes) {
      const { name } = node;
      this.#cluster.seeNode({ kind: "seen", object: cachedNodes.parse({ metadata: { name } }) });
      this.#cluster.seeAgent({
        kind: "seen",
        object: cachedAgents.parse({
          metadata: { name: `agent-${name}`, namespace: "stowage-system" },
          spec: { nodeName: name },
          status: { conditions: [{ type: "Ready", status: "True" }] },
        }),
      });
      this.#tell(node);
    }
    for (const placement of ["spread", "binpack"]) {
      this.#cluster.seeClass({
        kind: "seen",
        object: storageClasses.parse({
          metadata: { name: placement },
          provisioner: "lvm.stowage.dev",
          parameters: { volumeGroup: "fast", placement },
        }),
      });
    }
  }

  run(choice: Choice, trace: readonly Arrival[]): Result {
    const leaving = new Map<number, (readonly [Node, Arrival])[]>();
    const count = { placed: 0, failed: 0, failedLarge: 0 };
    let stranded = 0;
    let free = 0;
    for (const [step, arrival] of trace.entries()) {
      this.#now = step * 1000;
      for (const [node, left] of leaving.get(step) ?? []) {
        node.volumes = node.volumes.filter(({ uid }) => !uid.startsWith(`${left.name}-`));
        this.#tell(node);
      }
      const node = this.#choose(choice, arrival);
      if (node === undefined) {
        count.failed += 1;
        if (arrival.sizes.some((size) => size >= 250)) count.failedLarge += 1;
      } else {
        count.placed += 1;
        node.volumes = [
          ...node.volumes,
          ...arrival.sizes.map((size, index) => ({ uid: `${arrival.name}-${index}`, size })),
        ];
        this.#tell(node);
        leaving.set(arrival.leavesAt, [...(leaving.get(arrival.leavesAt) ?? []), [node, arrival]]);
      }
      if (step < steps / 2 || step % 50 > 0) continue;
      for (const one of this.#nodes) {
        const left = freeOf(one);
        free += left;
        if (left < largest) stranded += left;
      }
    }
    const strandedShare = Math.round((1000 * stranded) / free) / 1000;
    return { choice, ...count, strandedShare };
  }

  #tell({ name, size, volumes }: Node): void {
    this.#cluster.seeStorage({
      kind: "seen",
      object: cachedStorages.parse({
        metadata: { name: `${name}.fast` },
        spec: {
          nodeName: name,
          volumeGroup: "fast",
          volumes: volumes.map((volume) => ({
            name: `pvc-${volume.uid}`,
            size: `${volume.size}Gi`,
          })),
        },
        status: {
          conditions: [
            { type: "Ready", status: "True", reason: "", message: "", lastTransitionTime: "" },
          ],
          extentSize: "4Mi",
          capacity: `${size}Gi`,
          allocatable: `${size}Gi`,
        },
      }),
    });
  }

  #choose(choice: Choice, { name, sizes }: Arrival): Node | undefined {
    const storageClassName = choice === "binpack" ? "binpack" : "spread";
    const made = sizes.map((size, index) =>
      cachedClaims.parse({
        metadata: { namespace: "shop", name: `${name}-${index}`, uid: `${name}-${index}` },
        spec: { storageClassName, resources: { requests: { storage: `${size}Gi` } } },
      }),
    );
    for (const object of made) this.#cluster.seeClaim({ kind: "seen", object });
    const call = readCall(
      Buffer.from(
        JSON.stringify({
          Pod: {
            metadata: { namespace: "shop", name, uid: name },
            spec: {
              volumes: made.map(({ metadata }) => ({
                name: metadata.name,
                persistentVolumeClaim: { claimName: metadata.name },
              })),
            },
          },
          NodeNames: this.#nodes.map((node) => node.name),
        }),
      ),
      this.#cluster.seats,
    );
    const { verdicts } = this.#extender.filter(call);
    const passed = this.#nodes.filter((_, place) => (verdicts[place] ?? 0) === 0);
    const scores = this.#extender.prioritize(call);
    for (const object of made) this.#cluster.seeClaim({ kind: "gone", object });
    if (passed.length === 0) return undefined;
    switch (choice) {
      case "random":
        return passed[Math.floor(this.#random() * passed.length)];
      case "most-free":
        return passed.reduce((best, node) => (freeOf(node) > freeOf(best) ? node : best));
      case "spread":
      case "binpack":
        return this.#nodes[scores.indexOf(10)];
    }
  }
}

export const run = async (): Promise<object> => {
  const results: Result[] = [];
  for (const choice of choices) {
    const seeds = [1, 2, 3];
    const runs = seeds.map((seed) => new Simulation(seed).run(choice, traceOf(seed)));
    const mean = (of: (result: Result) => number): number =>
      Math.round((1000 * runs.reduce((sum, one) => sum + of(one), 0)) / runs.length) / 1000;
    const result = {
      choice,
      placed: mean(({ placed }) => placed),
      failed: mean(({ failed }) => failed),
      failedLarge: mean(({ failedLarge }) => failedLarge),
      strandedShare: mean(({ strandedShare }) => strandedShare),
    };
    say(
      `${choice}: ${result.placed} placed, ${result.failed} failed (${result.failedLarge} with a large claim), ${Math.round(result.strandedShare * 100)} % of the free space is where no claim of ${largest} GiB fits`,
    );
    results.push(result);
  }
  return { nodes: nodeCount, steps, largestGiB: largest, results };
};
