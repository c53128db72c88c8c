import { mib } from "@stowage/capacity";
import { seconds } from "@stowage/clock";
import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

const least = { POD_NAMESPACE: "stowage" };

test("only the namespace must be given", () => {
  expect(readSettings(least)).toEqual({
    namespace: "stowage",
    agentSelector: "app.kubernetes.io/name=stowage,app.kubernetes.io/component=agent",
    kubeconfig: undefined,
    host: undefined,
    port: 9808,
    logLevel: "info",
    strategy: "spread",
    promiseLifetime: seconds(5),
    staleLimit: seconds(60),
    requestTimeout: seconds(30),
    bodyLimit: mib(256),
    tls: undefined,
  });
});

test.for([
  { wrong: {}, words: "POD_NAMESPACE" },
  { wrong: { ...least, PORT: "many" }, words: "PORT" },
  { wrong: { ...least, STRATEGY: "random" }, words: "STRATEGY" },
  { wrong: { ...least, PROMISE_SECONDS: "0" }, words: "PROMISE_SECONDS" },
  { wrong: { ...least, BODY_LIMIT: "1Gi" }, words: "from 1 to 480Mi" },
  { wrong: { ...least, BODY_LIMIT: "much" }, words: "is not a size" },
  { wrong: { ...least, TLS_CERT_FILE: "/tls/tls.crt" }, words: "give both or none" },
  { wrong: { ...least, TLS_CLIENT_CA_FILE: "/tls/ca.crt" }, words: "needs TLS_CERT_FILE" },
])("$wrong is refused with words on $words", ({ wrong, words }) => {
  expect(() => readSettings(wrong)).toThrow(words);
});
