import { defineConfig } from "vitest/config";
import { patience } from "./test/cluster/src/patience.ts";

const simulations = [
  "packages/*/src/**/*.simulation.test.ts",
  "test/simulation/src/**/*.simulation.test.ts",
];

const longTests = ["test/e2e/cases/**/*.long.test.ts"];

const onCluster = {
  globalSetup: "test/e2e/src/global-setup.ts",
  setupFiles: "test/e2e/src/evidence/setup.ts",
  // Evidence of a failure is gathered before the file's own hooks tidy up.
  sequence: { hooks: "list" },
  // All files share the nodes' disks, and two cores.
  fileParallelism: false,
  // What a test waits for has a limit of its own; this one is for what hangs.
  testTimeout: 400_000 * patience,
  hookTimeout: 300_000 * patience,
} as const;

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "packages/*/src/**/*.test.ts",
            "test/{cluster,e2e,monitoring,simulation}/src/**/*.test.ts",
          ],
          exclude: simulations,
          // Machines are noisy; a test that hangs still ends.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          // The real code against models of its surroundings: random histories, virtual time.
          name: "simulation",
          include: simulations,
          testTimeout: 120_000,
          // What broke is told whole, with the seed at its end.
          chaiConfig: { truncateThreshold: 0 },
        },
      },
      {
        // The chart as Helm renders it; no cluster.
        test: {
          name: "chart",
          include: ["test/chart/src/**/*.test.ts"],
          globalSetup: "test/chart/src/global-setup.ts",
          testTimeout: 60_000,
        },
      },
      {
        test: {
          ...onCluster,
          name: "cluster",
          include: ["test/e2e/cases/**/*.test.ts"],
          exclude: longTests,
        },
      },
      {
        // What takes minutes: `make test-long`.
        test: {
          ...onCluster,
          name: "long",
          include: longTests,
          testTimeout: 1_200_000 * patience,
        },
      },
    ],
  },
});
