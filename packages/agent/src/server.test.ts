import { once } from "node:events";
import { expect, test } from "vitest";
import { makeServer } from "./server.ts";

test.for([
  { path: "/healthz", why: undefined, status: 200, body: /^ok\n$/ },
  { path: "/readyz", why: undefined, status: 200, body: /^ok\n$/ },
  { path: "/readyz", why: "starting", status: 503, body: /^not ready: starting\n$/ },
  { path: "/metrics", why: undefined, status: 200, body: /^a 1\n$/ },
  { path: "/", why: undefined, status: 404, body: /healthz/ },
])("$path while not ready because of $why answers $status", async ({ path, why, status, body }) => {
  const server = makeServer({ notReady: () => why, metrics: () => "a 1\n" });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const response = await fetch(`http://127.0.0.1:${address.port}${path}`);
  expect(response.status).toBe(status);
  expect(await response.text()).toMatch(body);
  server.close();
  server.closeAllConnections();
});
