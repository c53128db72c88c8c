import { readFile } from "node:fs/promises";
import { stringify } from "yaml";
import { certificateFiles } from "./certificates.ts";

/** PEM texts of one client and of the authority that signed it and the server. */
export type Credentials = {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
};

export const readCredentials = async (folder: string, file: string): Promise<Credentials> => {
  const files = certificateFiles(folder, file);
  const [authority, certificate, key] = await Promise.all([
    readFile(files.authority, "utf8"),
    readFile(files.certificate, "utf8"),
    readFile(files.key, "utf8"),
  ]);
  return { authority, certificate, key };
};

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** A kubeconfig that holds everything itself and can be copied anywhere. */
export const kubeconfig = (server: string, credentials: Credentials): string =>
  stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: "stowage",
        cluster: { server, "certificate-authority-data": base64(credentials.authority) },
      },
    ],
    users: [
      {
        name: "user",
        user: {
          "client-certificate-data": base64(credentials.certificate),
          "client-key-data": base64(credentials.key),
        },
      },
    ],
    contexts: [{ name: "stowage", context: { cluster: "stowage", user: "user" } }],
    "current-context": "stowage",
  });
