import path from "node:path";
import { defineConfig } from "vitest/config";

/* Files that fail in every way, run with the hooks of the cluster tests but without a cluster. */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ["*.case.ts"],
    setupFiles: path.join(import.meta.dirname, "../../setup.ts"),
    sequence: { hooks: "list" },
    fileParallelism: false,
    testTimeout: 200,
  },
});
