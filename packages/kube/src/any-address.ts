import { networkInterfaces } from "node:os";

type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * To listen on all addresses: of both families where there is IPv6, for a cluster may have nothing
 * else; a kernel without it knows no "::".
 */
export const anyAddress = (interfaces: Interfaces = networkInterfaces()): "::" | "0.0.0.0" =>
  Object.values(interfaces).some((addresses) => addresses?.some(({ family }) => family === "IPv6"))
    ? "::"
    : "0.0.0.0";
