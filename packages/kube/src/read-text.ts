import type { Milliseconds } from "@stowage/clock";
import { readText } from "./body.ts";
import { open } from "./exchange.ts";
import type { Transport } from "./transport.ts";

export type TextAnswer = {
  readonly text: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
};

/**
 * What a path answers that stands for no object: /version, or a program's own page through the API
 * server's proxy. It is asked for once.
 * @throws KubeError
 */
export const getText = async (
  transport: Transport,
  path: string,
  timeout: Milliseconds,
): Promise<TextAnswer> => {
  const what = `get ${path}`;
  const { headers, body } = await open({ transport }, what, {
    method: "GET",
    path,
    accept: "*/*",
    timeout,
  });
  return { text: await readText(body), headers };
};
