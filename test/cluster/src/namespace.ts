import { controlPlaneLinks } from "./address-plan.ts";
import { exists } from "./cache-folder.ts";
import { command } from "./command.ts";

/** Runs lines of `ip -batch` in the namespace. */
export const ipBatch = (namespace: string, lines: readonly string[]): Promise<string> =>
  command(["ip", "-netns", namespace, "-batch", "-"], { input: `${lines.join("\n")}\n` });

/** A network namespace of the cluster's own, with a bridge on which the control plane lives. */
export const makeNamespace = async (namespace: string): Promise<void> => {
  await command(["ip", "netns", "add", namespace]);
  await ipBatch(namespace, controlPlaneLinks());
  await inNamespace(namespace, ["sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward"]);
  await inNamespace(namespace, ["sh", "-c", routeNotBridge]);
};

/**
 * kube-proxy turns a Service's address into a pod's while a packet is routed. A kernel that does so
 * while it is still bridged would send it out of the port by which it came, and drop it.
 */
const routeNotBridge =
  "file=/proc/sys/net/bridge/bridge-nf-call-iptables; [ ! -e $file ] || echo 0 >$file";

/** Removes the namespace with every device in it, if it is there. */
export const removeNamespace = async (namespace: string): Promise<void> => {
  if (await exists(`/run/netns/${namespace}`)) await command(["ip", "netns", "delete", namespace]);
};

export const inNamespace = (
  namespace: string,
  argv: readonly [string, ...string[]],
): Promise<string> => command(["ip", "netns", "exec", namespace, ...argv]);
