import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { editsOf } from "./mutations.ts";
import { testedMutations } from "./tested-mutations.ts";

/* For tests that are to fail: without the guard that STOWAGE_MUTATION names, in memory only. */

const mutation = testedMutations.find(({ name }) => name === process.env["STOWAGE_MUTATION"]);
if (mutation === undefined) throw new Error("STOWAGE_MUTATION names no mutation");
const edits = editsOf(mutation);

export default defineConfig({
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  plugins: [
    {
      name: "take-out-a-guard",
      enforce: "pre",
      transform: (source, id) => {
        const here = edits.filter(({ file }) => id.endsWith(`/packages/${file}`));
        if (here.length === 0) return undefined;
        let code = source;
        for (const { file, from, to } of here) {
          if (!code.includes(from)) throw new Error(`${file} has no more: ${from}`);
          code = code.replace(from, () => to);
        }
        return { code, map: null };
      },
    },
  ],
  test: {
    include: ["packages/*/src/**/*.test.ts"],
    testTimeout: 120_000,
    // What was transformed for other runs has the guard, and they are never to get what lacks it.
    fsModuleCache: false,
  },
});
