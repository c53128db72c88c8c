import { expect, test } from "vitest";
import { documented } from "./documented.ts";
import { takenIn } from "./taken.ts";

test("what a test takes is found in its source, over line breaks too", () => {
  const source = `await shell.run(
    documented(
      "install.md",
      "3. kube-scheduler's part",
      "kubectl -n stowage-system get service",
    ),
  );`;
  expect(takenIn(source)).toEqual([
    "kubectl -n stowage-system get service stowage-extender -o jsonpath='{.spec.clusterIP}'",
  ]);
});

test("a command that a page no longer has is an error that says which it has", () => {
  expect(() => documented("install.md", "3. kube-scheduler's part", "kubectl delete")).toThrow(
    /has 0 commands that begin with "kubectl delete"; it has\nkubectl -n stowage-system get service/,
  );
});
