import type { IncomingMessage, Server, ServerResponse } from "node:http";
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Wire } from "./objects.ts";
import { agentPod, claim, claimCount, groupNames, node, storage, storageClass } from "./objects.ts";

type Collection = { readonly count: number; readonly item: (index: number) => Wire };

/**
 * As much of an API server as informers need: lists in pages, and watches in which nothing happens.
 */
export const startApiServer = async (
  nodes: number,
): Promise<{ readonly url: string; readonly close: () => void }> => {
  const collections: Readonly<Record<string, Collection>> = {
    nodes: { count: nodes, item: node },
    nodelocalstorages: { count: nodes * groupNames.length, item: storage },
    pods: { count: nodes, item: agentPod },
    storageclasses: { count: groupNames.length, item: storageClass },
    // Those that were adopted: there are some only after a cluster was made anew.
    persistentvolumes: { count: 0, item: claim },
    persistentvolumeclaims: { count: claimCount, item: claim },
  };
  const server = http.createServer((request, response) => answer(request, response, collections));
  await listening(server);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

const listening = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });

const answer = (
  request: IncomingMessage,
  response: ServerResponse,
  collections: Readonly<Record<string, Collection>>,
): void => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://server");
  const collection = collections[pathname.split("/").at(-1) ?? ""];
  if (collection === undefined) {
    response.writeHead(404).end("{}");
    return;
  }
  response.writeHead(200, { "content-type": "application/json" });
  if (searchParams.get("watch") !== null) {
    response.flushHeaders();
    return;
  }
  const from = Number(searchParams.get("continue") ?? 0);
  const to = Math.min(collection.count, from + Number(searchParams.get("limit") ?? 500));
  const partial = request.headers.accept?.includes("as=PartialObjectMetadataList") === true;
  const items = Array.from({ length: to - from }, (_, index) => {
    const item = collection.item(from + index);
    return partial ? { metadata: item.metadata } : item;
  });
  const next = to < collection.count ? `${to}` : "";
  response.end(JSON.stringify({ metadata: { resourceVersion: "1000", continue: next }, items }));
};
