import { expect, test } from "vitest";
import { brokenPromises } from "./broken-promises.ts";

const released = {
  type: "object",
  required: ["spec"],
  properties: {
    spec: {
      type: "object",
      description: "What should be.",
      properties: {
        size: { type: "string", maxLength: 64, pattern: "^[0-9]+$" },
        wipe: { type: "string", enum: ["zero", "none"] },
        volumes: {
          type: "array",
          maxItems: 1000,
          default: [],
          items: {
            type: "object",
            required: ["name"],
            properties: { name: { type: "string" } },
            "x-kubernetes-validations": [{ rule: "self.size > 0", message: "no size" }],
          },
        },
      },
    },
  },
};

/** The schema with a piece of its text put otherwise. */
const after = (from: string, to: string): Record<string, unknown> => {
  const text = JSON.stringify(released);
  expect(text).toContain(from);
  return JSON.parse(text.replace(from, to)) as Record<string, unknown>;
};

test.for([
  ["nothing", '"type"', '"type"'],
  ["a description", "What should be.", "What is wanted."],
  ["a new optional field", '"name":{', '"label":{"type":"string"},"name":{'],
  ["a rule that is gone", '{"rule":"self.size > 0","message":"no size"}', ""],
] as const)("%s may change", ([, from, to]) => {
  expect(brokenPromises(released, after(from, to))).toEqual([]);
});

test.for([
  ["a field is gone", '"size":{', '"sized":{', "spec.size is gone"],
  ["a type", '"name":{"type":"string"}', '"name":{"type":"integer"}', "spec.volumes[].name: type"],
  ["a bound", '"maxItems":1000', '"maxItems":500', "spec.volumes: maxItems was 1000 and is 500"],
  ["a pattern", "^[0-9]+$", "^[1-9]+$", "spec.size: pattern was"],
  ["a value of an enum", '["zero","none"]', '["zero"]', "spec.wipe: enum was"],
  ["a value more", '["zero","none"]', '["zero","none","shred"]', "spec.wipe: enum was"],
  ["a default", '"default":[]', '"default":null', "spec.volumes: default was"],
  [
    "a field is required",
    '"required":["name"]',
    '"required":["name","size"]',
    "spec.volumes[]: required",
  ],
  [
    "a field is not required any more",
    '"required":["spec"]',
    '"required":[]',
    "the object: required",
  ],
  [
    "a new rule",
    "self.size > 0",
    "self.size > 1",
    "spec.volumes[]: there is a new rule self.size > 1",
  ],
] as const)("%s: that is told", ([, from, to, told]) => {
  expect(brokenPromises(released, after(from, to))).toEqual([expect.stringContaining(told)]);
});
