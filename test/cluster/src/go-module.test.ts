import { expect, test } from "vitest";
import { requiredVersion } from "./go-module.ts";

const goMod = `module stowage.dev/test/etcd

tool go.etcd.io/etcd/server/v3

require go.etcd.io/bbolt v1.4.3 // indirect

require (
\tgo.etcd.io/etcd/server/v3 v3.6.8 // indirect
)

replace k8s.io/api => k8s.io/api v0.36.3
`;

test.for([
  { module: "go.etcd.io/etcd/server/v3", version: "v3.6.8" },
  { module: "go.etcd.io/bbolt", version: "v1.4.3" },
])("a go.mod tells the version of $module", ({ module, version }) => {
  expect(requiredVersion(goMod, module)).toBe(version);
});

test("a module that is only replaced is not required", () => {
  expect(() => requiredVersion(goMod, "k8s.io/api")).toThrow("requires no version");
});
