import http from "node:http";
import tls from "node:tls";
import type { Milliseconds } from "@stowage/clock";
import { seconds } from "@stowage/clock";
import { patiently } from "./patience.ts";
import { connectThrough } from "./gateway-client.ts";
import type { Target } from "./gateway-client.ts";
import type { Credentials } from "./kubeconfig.ts";

export type Get = {
  readonly gateway: string;
  readonly target: Target;
  readonly path: string;
  /** Speaks TLS with these; plain HTTP without. */
  readonly credentials?: Credentials;
  readonly limit?: Milliseconds;
};

/** One GET inside the cluster's namespace. Rejects when there is no answer within the limit. */
export const httpGet = async (what: Get): Promise<{ status: number; body: string }> => {
  const raw = await connectThrough(what.gateway, what.target);
  const stream =
    what.credentials === undefined
      ? raw
      : tls.connect({
          socket: raw,
          host: what.target.host,
          ca: what.credentials.authority,
          cert: what.credentials.certificate,
          key: what.credentials.key,
        });
  return new Promise((resolve, reject) => {
    const limit = patiently(what.limit ?? seconds(5));
    const timer = setTimeout(() => fail(new Error(`no answer within ${limit / 1000} s`)), limit);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      raw.destroy();
      reject(error);
    };
    stream.once("error", fail);
    const request = http.get({
      createConnection: () => stream,
      host: what.target.host,
      path: what.path,
      headers: { accept: "application/json" },
    });
    request.once("error", fail);
    request.once("response", (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (text: string) => (body += text));
      response.once("error", fail);
      response.once("end", () => {
        clearTimeout(timer);
        raw.destroy();
        resolve({ status: response.statusCode ?? 0, body });
      });
    });
  });
};
