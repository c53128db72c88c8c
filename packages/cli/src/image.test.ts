import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { imageInput, imageOutput } from "../../../rolldown.config.ts";

test("the image's programs are ASCII: V8 keeps a source in twice the memory for any other character", async () => {
  await using bundle = await rolldown({
    ...imageInput,
    input: fileURLToPath(new URL("image.ts", import.meta.url)),
    logLevel: "warn",
  });
  const { output } = await bundle.generate(imageOutput);
  const sources = output.flatMap((file) => (file.type === "chunk" ? [file.code] : []));
  expect(sources.length).toBeGreaterThan(1);
  const lines = sources.flatMap((source) => source.split("\n"));
  expect(lines.filter((line) => /[^\0-\x7f]/.test(line))).toEqual([]);
});
