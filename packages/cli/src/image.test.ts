import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { imageInput, imageOutput } from "../../../rolldown.config.ts";

const bundled = async () => {
  await using bundle = await rolldown({
    ...imageInput,
    input: fileURLToPath(new URL("image.ts", import.meta.url)),
    logLevel: "warn",
  });
  const { output } = await bundle.generate(imageOutput);
  return output.flatMap((file) => (file.type === "chunk" ? [file] : []));
};

const chunks = await bundled();

test("the image's programs are ASCII: V8 keeps a source in twice the memory for any other character", () => {
  expect(chunks.length).toBeGreaterThan(1);
  const lines = chunks.flatMap(({ code }) => code.split("\n"));
  expect(lines.filter((line) => /[^\0-\x7f]/.test(line))).toEqual([]);
});

test("the image has fastify without what compiles schemas or injects requests", () => {
  const modules = chunks.flatMap(({ moduleIds }) => moduleIds);
  const from = (start: string): string[] =>
    modules.filter((id) => id.includes(`/node_modules/${start}`));
  expect(from("fastify/")).not.toEqual([]);
  for (const start of ["ajv/dist/compile/", "fast-json-stringify/index", "light-my-request/"]) {
    expect(from(start)).toEqual([]);
  }
});
