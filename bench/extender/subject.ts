import { readSettings, runExtender } from "@stowage/extender";
import { httpsTransport } from "@stowage/kube";

/* The extender as the image runs it, but for its credentials: the API server is at API_SERVER. */

await runExtender({
  settings: readSettings(process.env),
  signal: new AbortController().signal,
  transport: httpsTransport({
    server: new URL(process.env["API_SERVER"] ?? ""),
    present: () => Promise.resolve({ headers: {}, tls: {} }),
  }),
});
