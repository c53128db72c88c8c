import http from "node:http";

/** A server that is measured, with connections of its own. */
export class Target {
  /** Milliseconds that the server has computed since it began. */
  readonly computed: () => Promise<number>;
  readonly #port: number;
  readonly #agent: http.Agent;

  constructor(port: number, computed: () => Promise<number>) {
    this.#port = port;
    this.computed = computed;
    this.#agent = new http.Agent({ keepAlive: true });
  }

  /** The answer's size in bytes, and how many ms passed from the first byte sent to the last read. */
  ask(
    path: string,
    body: Buffer,
    answerBytes: number,
  ): Promise<{ readonly bytes: number; readonly ms: number }> {
    return new Promise((resolve, reject) => {
      const start = performance.now();
      const request = http.request(
        {
          port: this.#port,
          host: "127.0.0.1",
          agent: this.#agent,
          method: "POST",
          path,
          headers: {
            "content-type": "application/json",
            "content-length": body.length,
            "x-answer-bytes": answerBytes,
          },
        },
        (response) => {
          let bytes = 0;
          response.on("data", (chunk: Buffer) => {
            bytes += chunk.length;
          });
          response.on("end", () => {
            if (response.statusCode === 200) resolve({ bytes, ms: performance.now() - start });
            else reject(new Error(`${path} was answered with ${response.statusCode}`));
          });
        },
      );
      request.on("error", reject);
      request.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Milliseconds below which the given share of the samples lies. */
export const quantile = (samples: readonly number[], share: number): number => {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};

type Round = {
  readonly target: Target;
  readonly samples: number[];
  readonly answerBytes: number;
  /** Milliseconds of computing in all that was counted. */
  computed: number;
};

/** What one server took. */
type Taken = {
  readonly samples: readonly number[];
  /** Milliseconds of computing for each request: unlike time, hardly touched by what else runs. */
  readonly cpu: number;
};

/**
 * Asks both, in turns of `turn` requests each, so that whatever else the machine does hits both.
 * The first turns of each are not counted: V8 is still compiling then.
 */
export const measure = async (options: {
  readonly subject: Target;
  readonly floor: Target;
  readonly path: string;
  readonly bodies: readonly Buffer[];
  readonly concurrency: number;
  readonly warmUp: number;
  readonly turns: number;
  readonly turn: number;
}): Promise<{ readonly subject: Taken; readonly floor: Taken }> => {
  const { path, bodies, concurrency, warmUp, turns, turn } = options;
  const [first] = bodies;
  if (first === undefined) throw new Error("there is nothing to ask");
  const { bytes } = await options.subject.ask(path, first, 0);
  const rounds: Round[] = [options.subject, options.floor].map((target) => ({
    target,
    samples: [],
    answerBytes: bytes,
    computed: 0,
  }));
  for (let count = 1 - warmUp; count <= turns; count += 1) {
    for (const round of rounds) {
      const { target, samples, answerBytes } = round;
      const before = await target.computed();
      let left = turn;
      const worker = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          const body = bodies[left % bodies.length] ?? first;
          const { ms } = await target.ask(path, body, answerBytes);
          if (count > 0) samples.push(ms);
        }
      };
      await Promise.all(Array.from({ length: concurrency }, worker));
      if (count > 0) round.computed += (await target.computed()) - before;
    }
  }
  const taken = ({ samples, computed }: Round): Taken => ({
    samples,
    cpu: computed / samples.length,
  });
  const [ofSubject, ofFloor] = rounds;
  if (ofSubject === undefined || ofFloor === undefined) throw new Error("nothing was measured");
  return { subject: taken(ofSubject), floor: taken(ofFloor) };
};
