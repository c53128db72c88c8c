import type { Clock, Instant, Moment } from "@stowage/clock";
import type { KubeRequest, KubeResponse, Transport } from "@stowage/kube";
import { getText, makeClient } from "@stowage/kube";
import type { Kind, Raw } from "@stowage/kube/testing";
import { ApiServer, bytesOf, ObjectStore } from "@stowage/kube/testing";
import { seconds } from "@stowage/clock";
import { z } from "zod";
import type { ExitCode } from "../exit-code.ts";
import type { Host } from "../host.ts";
import { plain } from "../output/table.ts";
import { runCli } from "../run-cli.ts";

const kinds: readonly Kind[] = [
  {
    plural: "nodelocalstorages",
    status: "subresource",
    generation: "counted",
  },
];

const now = Date.parse("2026-03-01T12:00:00Z") as Instant;

export type Outcome = { readonly code: ExitCode; readonly out: string; readonly err: string };

type Denial = (request: KubeRequest) => boolean;

/**
 * A cluster that keeps objects as an API server does, and calls of the CLI against it. `meanwhile` is
 * done each time the CLI waits, and `before` ahead of each request.
 */
export class TestCluster {
  readonly store: ObjectStore;
  /** What pages that stand for no object answer, by path. */
  readonly pages = new Map<string, string>();
  readonly files = new Map<string, string>();
  meanwhile: () => unknown = () => {
    throw new Error("the CLI waits, and nothing is to happen");
  };
  before: (request: KubeRequest) => void = () => undefined;
  /** Whether an account may do something: the words are its name, the verb and the resource. */
  permits: (words: string) => boolean = () => true;
  /** Which requests this user may not send. */
  denied: Denial = () => false;
  /** What the server has no path for. */
  absent: Denial = () => false;
  readonly #server: ApiServer;

  constructor(objects: Readonly<Record<string, readonly object[]>> = {}) {
    this.store = new ObjectStore({ now: () => now }, kinds);
    this.#server = new ApiServer(this.store, { pageSize: 100 });
    for (const [plural, list] of Object.entries(objects)) {
      for (const object of list) this.store.put(plural, object);
    }
  }

  get(plural: string, key: string): Raw | undefined {
    return this.store.get(plural, key);
  }

  /** @param answer of the person at the terminal; without it there is no terminal. */
  async run(args: string, answer?: string): Promise<Outcome> {
    const out: string[] = [];
    const err: string[] = [];
    const host: Host = {
      out: (text) => void out.push(text),
      err: (text) => void err.push(text),
      paint: plain,
      ask:
        answer === undefined
          ? undefined
          : async (question) => {
              err.push(question);
              return answer;
            },
      readFile: async (file) => {
        const text = this.files.get(file);
        if (text === undefined) throw new Error(`ENOENT: no such file, open '${file}'`);
        return text;
      },
      clock: this.#clock,
      connect: async () => ({
        client: makeClient({
          transport: this.#transport,
          clock: this.#clock,
          random: () => 0,
          log: { debug: silent, info: silent, warn: silent, error: silent },
        }),
        namespace: "default",
        getText: (page) => getText(this.#transport, page, seconds(1)),
      }),
      signal: new AbortController().signal,
    };
    const code = await runCli(args.split(" "), host);
    return { code, out: out.join("\n"), err: err.join("\n") };
  }

  #review({ body = "" }: KubeRequest): KubeResponse {
    const { user, resourceAttributes: asked } = reviewSchema.parse(JSON.parse(body)).spec;
    const resource = asked.subresource ? `${asked.resource}/${asked.subresource}` : asked.resource;
    const account = user.split(":").at(-1) ?? "";
    const allowed = this.permits(`${account} ${asked.verb} ${resource}`);
    return answerOf(201, { status: { allowed } });
  }

  readonly #clock: Clock = {
    now: () => now,
    moment: () => 0 as Moment,
    sleep: async () => void (await this.meanwhile()),
  };

  readonly #transport: Transport = async (request): Promise<KubeResponse> => {
    this.before(request);
    if (this.denied(request)) return answerOf(403, { kind: "Status", message: "not for you" });
    if (this.absent(request)) return answerOf(404, "404 page not found");
    if (request.path.endsWith("/subjectaccessreviews")) return this.#review(request);
    const page = this.pages.get(request.path);
    if (page !== undefined) return answerOf(200, page);
    const answer = this.#server.answer(request);
    if (answer.kind === "watch") throw new Error("the CLI watches nothing");
    return answerOf(answer.status, answer.object);
  };
}

const reviewSchema = z.object({
  spec: z.object({
    user: z.string(),
    resourceAttributes: z.object({
      verb: z.string(),
      resource: z.string(),
      subresource: z.string().optional(),
    }),
  }),
});

const silent = (): void => undefined;

const answerOf = (status: number, content: object | string): KubeResponse => ({
  status,
  headers: { date: new Date(now).toUTCString() },
  body: bodyOf(content),
});

async function* bodyOf(content: object | string): AsyncGenerator<Uint8Array> {
  yield typeof content === "string" ? new TextEncoder().encode(content) : bytesOf(content);
}
