import { defineConfig } from "rolldown";

export default defineConfig({
  input: { stowage: "packages/cli/src/image.ts" },
  platform: "node",
  output: {
    dir: "dist",
    format: "esm",
    entryFileNames: "[name].mjs",
    chunkFileNames: "[name]-[hash].mjs",
    minify: "dce-only",
    cleanDir: true,
  },
});
