import { writeSync } from "node:fs";
import type { KubeRequest, Transport } from "@stowage/kube";
import { httpsTransport, loadCredentials } from "@stowage/kube";
import { readSettings, runProvisioner } from "@stowage/provisioner";

/*
 * The real provisioner as a process that ends itself with SIGKILL, by DEATH: "after 3" once its third
 * write was applied and before it learns of that, "before 3" when it is about to send it, "never".
 * Its lease and its events do not count: neither changes what becomes of a volume.
 */

const [when, count] = (process.env["DEATH"] ?? "never").split(" ");
let writes = 0;

const counts = ({ method, path }: KubeRequest): boolean =>
  method !== "GET" && !/\/(leases|events)(\/|$)/.test(path.replace(/\?.*/, ""));

const die = ({ method, path }: KubeRequest): void => {
  // Synchronously: nothing that is buffered outlives the signal.
  writeSync(2, `killed ${when} ${method} ${path}\n`);
  process.kill(process.pid, "SIGKILL");
};

const settings = readSettings(process.env);
const network = httpsTransport(
  await loadCredentials(
    settings.kubeconfig === undefined ? {} : { kubeconfig: settings.kubeconfig },
  ),
);
const transport: Transport = async (request) => {
  if (!counts(request)) return network(request);
  if (when === "before" && writes + 1 === Number(count)) die(request);
  const response = await network(request);
  if (response.status < 300) {
    writes += 1;
    if (when === "after" && writes === Number(count)) die(request);
  }
  return response;
};

const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort(new Error("stopped")));
try {
  await runProvisioner({ settings, signal: stopping.signal, transport });
} catch (error) {
  if (!stopping.signal.aborted) throw error;
}
process.exit(0);
