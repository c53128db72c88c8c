import { chmod } from "node:fs/promises";
import path from "node:path";
import { defineConfig } from "rolldown";
import type { InputOptions, OutputOptions, Plugin } from "rolldown";

/**
 * Writes every character that is not ASCII as an escape. V8 keeps a program's source in memory, and a
 * single other character doubles it: 2 MB in each process on each node. Only strings and regular
 * expressions have such characters, and these mean the same escaped.
 */
const ascii: Plugin = {
  name: "ascii",
  // Once chunks are whole: what is printed anew after `renderChunk` has such characters again.
  generateBundle: (_options, bundle) => {
    for (const output of Object.values(bundle)) {
      if (output.type === "chunk") output.code = escaped(output.code);
    }
  },
};

const escaped = (code: string): string =>
  code.replaceAll(/[^\0-\x7f]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`,
    ).join(""),
  );

const missing = (why: string): string =>
  `() => { throw new Error("${why}, and the image has no code for that"); }`;
const noCompiler = `module.exports = () => () => ${missing("a route has a schema")}`;

/** What stands in the image for modules that fastify loads, and that none of the programs uses. */
const unused: Readonly<Record<string, string>> = {
  "@fastify/ajv-compiler": noCompiler,
  "@fastify/fast-json-stringify-compiler": noCompiler,
  "light-my-request": `module.exports = ${missing("a request was injected")}`,
};

/** Leaves out a third of what an extender or a provisioner would have in memory of its own source. */
const withoutUnused: Plugin = {
  name: "without-unused",
  resolveId: (id) => (id in unused ? `\0${id}` : undefined),
  load: (id) => unused[id.slice(1)],
};

/** How the image's program is made; the benchmarks make theirs alike. */
export const imageOutput: OutputOptions = {
  format: "esm",
  entryFileNames: "[name].mjs",
  chunkFileNames: "[name]-[hash].mjs",
  minify: "dce-only",
};

export const imageInput: InputOptions = { platform: "node", plugins: [withoutUnused, ascii] };

/** What kubectl finds as a plugin: one file that can be run as it is. */
const runnable: Plugin = {
  name: "runnable",
  writeBundle: ({ dir = "." }, files) =>
    Promise.all(Object.keys(files).map((file) => chmod(path.join(dir, file), 0o755))).then(
      () => undefined,
    ),
};

export default defineConfig([
  {
    ...imageInput,
    input: { stowage: "packages/cli/src/image.ts" },
    output: { ...imageOutput, dir: "dist", cleanDir: true },
  },
  {
    platform: "node",
    plugins: [runnable],
    // Of client-node only KubeConfig is used, and of the programs a few pure functions.
    treeshake: {
      moduleSideEffects: [
        { test: /@kubernetes\/client-node\/|packages\/(?!cli)\w+\/src\//, sideEffects: false },
      ],
    },
    input: { "kubectl-stowage": "packages/cli/src/kubectl-stowage.ts" },
    output: {
      format: "esm",
      entryFileNames: "[name]",
      banner: "#!/usr/bin/env node",
      codeSplitting: false,
      minify: true,
      dir: "dist",
    },
  },
]);
