import { z } from "zod";
import type { AskedNodes, Finder } from "./asked-nodes.ts";
import { noNodes, readNodeList, readNodeNames } from "./asked-nodes.ts";
import type { AskedPod } from "./asked-pod.ts";
import { problemsOf, readPod } from "./asked-pod.ts";
import { CallError } from "./call-error.ts";
import { eachMember, JsonError, kindAt, skipSpace, skipValue, valueOf } from "./json-bytes.ts";
import { Tokens } from "./tokens.ts";

/*
 * The wire form of kube-scheduler's extender calls. Go's structs there have no JSON tags: keys are
 * capitalised, nil is null, and any casing is understood on reading.
 * Source: k8s.io/kube-scheduler/extender/v1/types.go.
 */

export type Call = { readonly pod: AskedPod; readonly asked: AskedNodes };

const fewNodes = 256;

/**
 * Reads ExtenderArgs. NodeNames win where both forms are given. What it gives is to be used at once,
 * before another change is seen: it has the places of the nodes found.
 * @param tokens to be used again for the names.
 * @throws CallError, JsonError
 */
export const readCall = (
  body: Buffer,
  finder: Finder,
  tokens: Tokens = new Tokens(fewNodes),
): Call => {
  const start = skipSpace(body, 0);
  if (start === body.length) throw new CallError("the body is empty; send JSON: ExtenderArgs");
  if (kindAt(body, start) !== "object") {
    skipValue(body, start);
    throw new CallError("the body must be a JSON object: ExtenderArgs");
  }
  let pod: unknown;
  let names: AskedNodes | undefined;
  let nodes: AskedNodes | undefined;
  const end = eachMember(body, start, (key, at) => {
    const isNull = kindAt(body, at) === "null";
    switch (key.toLowerCase()) {
      case "pod": {
        const after = skipValue(body, at);
        pod = valueOf(body, at, after);
        return after;
      }
      case "nodenames": {
        if (isNull) break;
        const read = readNodeNames(body, at, finder, tokens);
        names = read.asked;
        return read.end;
      }
      case "nodes": {
        if (isNull) break;
        const read = readNodeList(body, at, finder, new Tokens(fewNodes));
        nodes = read.asked;
        return read.end;
      }
    }
    return skipValue(body, at);
  });
  if (skipSpace(body, end) !== body.length) {
    throw new JsonError(`the body is not JSON: it goes on after the object's end at byte ${end}`);
  }
  return { pod: podOf(pod), asked: names ?? nodes ?? noNodes };
};

const podOf = (pod: unknown): AskedPod => {
  if (typeof pod !== "object" || pod === null || Array.isArray(pod)) {
    throw new CallError("Pod is missing: send the Pod that is to be placed");
  }
  try {
    return readPod(pod);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new CallError(`Pod cannot be read: ${problemsOf(error)}`, { cause: error });
  }
};
