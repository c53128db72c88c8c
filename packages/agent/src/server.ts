import type { Server } from "node:http";

// Not by `import`: that reads each of the module's exports, and some of them load all of undici.
const { createServer } = process.getBuiltinModule("node:http");

export type Pages = {
  /** Why the agent is not ready; undefined when it is. */
  readonly notReady: () => string | undefined;
  readonly metrics: () => string;
};

type Answer = { readonly status: number; readonly body: string };

const answer = (url: string | undefined, pages: Pages): Answer => {
  switch (url?.split("?", 1)[0] ?? "") {
    case "/healthz":
      return { status: 200, body: "ok\n" };
    case "/readyz": {
      const why = pages.notReady();
      return why === undefined
        ? { status: 200, body: "ok\n" }
        : { status: 503, body: `not ready: ${why}\n` };
    }
    case "/metrics":
      return { status: 200, body: pages.metrics() };
    default:
      return { status: 404, body: "there are /healthz, /readyz and /metrics\n" };
  }
};

/** node:http and no framework: three pages are not worth memory on every node. */
export const makeServer = (pages: Pages): Server =>
  createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
    const { status, body } = answer(request.url, pages);
    response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(body);
  });
