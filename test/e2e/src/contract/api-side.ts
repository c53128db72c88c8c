import { systemClock } from "@stowage/clock";
import type { KubeRequest, Transport } from "@stowage/kube";
import { ApiServer, ObjectStore } from "@stowage/kube/testing";
import { kinds } from "@stowage/test-simulation";
import { at } from "../kinds.ts";

/** What is told of an answer, without what no two servers have in common: names of versions, times. */
export type Told = { readonly status: number; readonly reason?: unknown; readonly object?: object };

type Ask = Pick<KubeRequest, "method" | "path" | "contentType"> & { readonly body?: object };

/** An API server that the contract is tried on: the real one, or the simulator's model of it. */
export type Side = {
  readonly ask: (request: Ask) => Promise<{ readonly status: number; readonly body: unknown }>;
  /** What a watch from that version is told until now, in order. */
  readonly watched: (path: string, version: string) => Promise<readonly unknown[]>;
};

const requestOf = ({ body, ...request }: Ask): KubeRequest => ({
  ...request,
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
});

const withQuery = (path: string, query: string): string =>
  `${path}${path.includes("?") ? "&" : "?"}${query}`;

export const realSide = (transport: Transport): Side => {
  const read = async (request: KubeRequest) => {
    const { status, body } = await transport(request);
    const pieces: Uint8Array[] = [];
    for await (const piece of body) pieces.push(piece);
    return { status, text: Buffer.concat(pieces).toString("utf8") };
  };
  return {
    ask: async (request) => {
      const { status, text } = await read(requestOf(request));
      return { status, body: JSON.parse(text) };
    },
    watched: async (path, version) => {
      const query = `watch=true&resourceVersion=${version}&timeoutSeconds=1`;
      const { text } = await read({ method: "GET", path: withQuery(path, query) });
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line): unknown => JSON.parse(line));
    },
  };
};

/** A fresh model with nothing in it. */
export const modelSide = (): Side => {
  const store = new ObjectStore(systemClock, kinds);
  const server = new ApiServer(store, { pageSize: 500 });
  return {
    ask: (request) => {
      const answer = server.answer(requestOf(request));
      if (answer.kind === "watch") throw new Error(`${request.path} is a watch`);
      // As it comes over the wire: without what is undefined.
      const body: unknown = JSON.parse(JSON.stringify(answer.object));
      return Promise.resolve({ status: answer.status, body });
    },
    watched: (path, version) => {
      const query = `watch=true&resourceVersion=${version}&timeoutSeconds=1`;
      const answer = server.answer({ method: "GET", path: withQuery(path, query) });
      if (answer.kind === "object") return Promise.resolve([answer.object]);
      return Promise.resolve(
        store.since(answer.watch.from).flatMap((event) => answer.watch.told(event) ?? []),
      );
    },
  };
};

/** The parts of an object that both sides must agree on. */
export const tell = ({
  status,
  body,
}: {
  readonly status: number;
  readonly body: unknown;
}): Told =>
  status < 300 ? { status, object: essence(body) } : { status, reason: at(body, "reason") };

export const essence = (object: unknown): object => ({
  name: at(object, "metadata.name"),
  labels: at(object, "metadata.labels"),
  annotations: at(object, "metadata.annotations"),
  finalizers: at(object, "metadata.finalizers"),
  generation: at(object, "metadata.generation"),
  isGoing: at(object, "metadata.deletionTimestamp") !== undefined,
  spec: at(object, "spec"),
  status: at(object, "status"),
  data: at(object, "data"),
});
