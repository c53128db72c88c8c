import type { Milliseconds, VirtualClock } from "@stowage/clock";
import { elapsed, milliseconds, seconds } from "@stowage/clock";
import type { KubeRequest, KubeResponse, Transport } from "@stowage/kube";
import type { ObjectStore, ServerAnswer, StoreEvent, WatchRequest } from "@stowage/kube/testing";
import { bytesOf, statusObject } from "@stowage/kube/testing";
import type { Life, Strike } from "./life.ts";
import type { Random } from "./random.ts";
import { Spells } from "./spells.ts";
import { stepOf } from "./step-of.ts";

type Connection = {
  readonly life: Life;
  readonly plural: string;
  readonly send: (told: object) => void;
  /** Ends it: properly, or as a connection that is cut. */
  readonly close: (how: "ended" | "cut") => void;
  heldUntil: number;
};

type Site = {
  readonly answer: (life: Life, request: KubeRequest) => ServerAnswer;
  readonly store: ObjectStore;
  readonly compact: () => void;
  readonly clock: VirtualClock;
  readonly random: Random;
};

/** In milliseconds: of a request whose sender is dead or stands still, far beyond its lease. */
const longestTransit = 45_000;
const never = seconds(3600);

/** The way between programs and the API server: it takes time, and faults befall it. */
export class Network {
  readonly #site: Site;
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #watches = new Set<Connection>();
  /** What goes on for a while. */
  readonly spells: Spells;

  constructor(site: Site) {
    const { clock, store } = site;
    this.#site = site;
    this.#clock = clock;
    this.#random = site.random;
    this.spells = new Spells(clock);
    const bookmark = (): void => {
      for (const { send } of this.#watches) {
        const metadata = { name: "", resourceVersion: `${store.version}` };
        send({ type: "BOOKMARK", object: { metadata } });
      }
      clock.schedule(seconds(60), bookmark);
    };
    clock.schedule(seconds(60), bookmark);
  }

  /** What a program talks to the API server through. */
  transportOf(life: Life): Transport {
    const random = this.#random.fork(life.name);
    return (request) => this.#exchange(request, life, random);
  }

  /** Holds back what the program's watches, or those of one kind of objects, would be told. */
  stall(life: Life, plural: string, span: Milliseconds): void {
    const until = this.#clock.moment() + span;
    for (const watch of this.#watches) {
      if (watch.life === life && (plural === "all" || watch.plural === plural)) {
        watch.heldUntil = until;
      }
    }
  }

  /** Tells each of the program's watches something that it was told before. */
  repeat(life: Life): void {
    for (const watch of this.#watches) {
      if (watch.life === life) watch.send({ type: "REPEAT" });
    }
  }

  cutWatches(life: Life): void {
    for (const watch of this.#watches) if (watch.life === life) watch.close("cut");
  }

  /** Every watch has become too old, and so has whatever was listed before. */
  expire(): void {
    this.#site.compact();
    for (const watch of this.#watches) {
      watch.send({ type: "ERROR", object: statusObject(410, "too old resource version") });
      watch.close("ended");
    }
  }

  #exchange(request: KubeRequest, life: Life, random: Random): Promise<KubeResponse> {
    const { signal } = request;
    const step = stepOf(request);
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason);
        return;
      }
      const lifetime = request.lifetime?.();
      const timeout = Math.min(request.timeout ?? never, lifetime ?? never);
      const strike =
        life.contact({
          what: `${step.name} sent`,
          aims: step.aims,
          possible: ["kill", "pause", "cut", "slow", "server_error"],
        }) ?? this.spells.burdenOf(life, random);
      if (life.isDead && random.isOneIn(2)) return;
      const begun = this.#clock.moment();
      const abort = (): void => reject(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      /** Brings an answer to the program, unless it has given up by then. */
      const answer = (after: number, tell: () => void): void => {
        const left = timeout - elapsed(begun, this.#clock.moment());
        const isLate = after > left;
        this.#clock.schedule(milliseconds(Math.max(0, isLate ? left : after)), () => {
          life.deliver(() => {
            signal?.removeEventListener("abort", abort);
            if (signal?.aborted === true) return;
            if (isLate) reject(Object.assign(new Error("timed out"), { name: "TimeoutError" }));
            else tell();
          });
        });
      };
      if (strike?.kind === "cut") {
        answer(this.#latency(random), () => reject(new Error("the connection was refused")));
        return;
      }
      const arrive = (): void => {
        if (strike?.kind === "server_error") {
          const object = statusObject(strike.status, "the server is in trouble");
          answer(this.#latency(random), () => resolve(whole(strike.status, object)));
          return;
        }
        const answered = this.#site.answer(life, request);
        const after = life.isDead
          ? undefined
          : life.contact({
              what: `${step.name} answered`,
              aims: step.aims,
              possible: ["kill", "pause", "cut", "slow"],
            });
        const wait = this.#latency(random) + (after?.kind === "slow" ? after.span : 0);
        if (after?.kind === "cut") {
          answer(wait, () =>
            reject(new Error("the connection was cut after the request was sent")),
          );
        } else if (answered.kind === "object") {
          answer(wait, () => resolve(whole(answered.status, answered.object)));
        } else if (!life.isDead) {
          const body = this.#watch(answered.watch, life, random, signal);
          answer(wait, () => resolve({ status: 200, headers: {}, body }));
        }
      };
      const send = (): void => {
        const after = this.#latency(random) + lateness(strike, random);
        // The server does nothing of what has no time left.
        if (after < (lifetime ?? never)) this.#clock.schedule(milliseconds(after), arrive);
        else answer(never, () => undefined);
      };
      // A leader looks at the clock in the same breath in which it sends: that is under way when the
      // program comes to a stand. What else it is about to send, it sends when it goes on.
      if (strike?.kind === "pause" && lifetime === undefined) life.deliver(send);
      else send();
    });
  }

  #latency(random: Random): number {
    return random.isOneIn(200) ? random.between(50, 800) : random.between(1, 20);
  }

  #watch(
    { plural, from, span, told }: WatchRequest,
    life: Life,
    random: Random,
    signal: AbortSignal | undefined,
  ): AsyncIterable<Uint8Array> {
    const queue: (Uint8Array | "ended" | Error)[] = [];
    let wake: (() => void) | undefined;
    let lastDue = 0;
    let last: object | undefined;
    const push = (item: Uint8Array | "ended" | Error): void => {
      const now = this.#clock.moment();
      const after = this.#latency(random) + this.spells.lagOf(plural);
      lastDue = Math.max(lastDue, connection.heldUntil, now + after);
      this.#clock.schedule(milliseconds(lastDue - now), () => {
        life.deliver(() => {
          queue.push(item);
          wake?.();
        });
      });
    };
    const connection: Connection = {
      life,
      plural,
      heldUntil: 0,
      send: (object) => {
        const repeated = "type" in object && object.type === "REPEAT" ? last : object;
        if (repeated === undefined) return;
        if (!("type" in repeated) || repeated.type !== "ERROR") last = repeated;
        push(bytesOf(repeated));
      },
      close: (how) => {
        if (!this.#watches.delete(connection)) return;
        unsubscribe();
        forget();
        cancelEnd();
        push(how === "ended" ? "ended" : new Error("the watch was cut"));
      },
    };
    const tell = (event: StoreEvent): void => {
      const object = told(event);
      if (object !== undefined) connection.send(object);
    };
    const leave = (): void => {
      this.#watches.delete(connection);
      unsubscribe();
      forget();
      cancelEnd();
    };
    this.#watches.add(connection);
    const unsubscribe = this.#site.store.subscribe(tell);
    const forget = life.atEnd(leave);
    const cancelEnd = this.#clock.schedule(span, () => connection.close("ended"));
    for (const event of this.#site.store.since(from)) tell(event);

    const abortWatch = (): void => {
      leave();
      wake?.();
    };
    signal?.addEventListener("abort", abortWatch, { once: true });
    return (async function* () {
      try {
        for (;;) {
          signal?.throwIfAborted();
          const item = queue.shift();
          if (item === "ended") return;
          if (item instanceof Error) throw item;
          if (item !== undefined) yield item;
          else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      } finally {
        signal?.removeEventListener("abort", abortWatch);
        leave();
      }
    })();
  }
}

/** How long a request is under way, also when its sender is dead by then. */
const lateness = (strike: Strike | undefined, random: Random): number => {
  if (strike?.kind === "slow") return strike.span;
  const isLate = strike?.kind === "pause" || strike?.kind === "kill";
  return isLate && random.isOneIn(2) ? random.between(0, longestTransit) : 0;
};

const whole = (status: number, object: object): KubeResponse => ({
  status,
  headers: status === 429 ? { "retry-after": "1" } : {},
  body: (async function* () {
    yield bytesOf(object);
  })(),
});
