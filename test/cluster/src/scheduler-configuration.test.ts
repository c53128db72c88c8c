import { expect, test } from "vitest";
import { parse } from "yaml";
import { completeSchedulerConfiguration } from "./scheduler-configuration.ts";

const complete = (value: unknown): unknown =>
  parse(completeSchedulerConfiguration(value, "/state/kube-scheduler.kubeconfig"));

const always = {
  apiVersion: "kubescheduler.config.k8s.io/v1",
  kind: "KubeSchedulerConfiguration",
  clientConnection: { kubeconfig: "/state/kube-scheduler.kubeconfig" },
  leaderElection: { leaderElect: false },
};

test("an empty configuration gets what every scheduler of the cluster needs", () => {
  expect(complete({})).toEqual(always);
});

test("extenders and client settings stay as they were given", () => {
  const extenders = [{ urlPrefix: "http://10.96.3.4", filterVerb: "filter" }];
  expect(complete({ extenders, clientConnection: { qps: 100 } })).toEqual({
    ...always,
    extenders,
    clientConnection: { qps: 100, kubeconfig: "/state/kube-scheduler.kubeconfig" },
  });
});

test.for([
  { value: "extenders", because: "a text" },
  { value: { kind: "Pod" }, because: "another kind" },
  { value: { apiVersion: "kubescheduler.config.k8s.io/v1beta3" }, because: "an old version" },
])("$because is refused", ({ value }) => {
  expect(() => complete(value)).toThrow("no KubeSchedulerConfiguration");
});
