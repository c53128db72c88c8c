import { defineConfig } from "vitest/config";

const simulations = [
  "packages/*/src/**/*.simulation.test.ts",
  "test/simulation/src/**/*.simulation.test.ts",
];

/** See test/cluster/src/patience.ts. */
const patience = Math.max(1, Number(process.env["STOWAGE_TEST_PATIENCE"] ?? 1));

/**
 * What is run of the cluster tests where all of them would take more than an hour: that a volume is made, lives
 * through a power cut and goes, that the informers and the rights are as they should be.
 */
const essential = ["first-volume", "kube", "least-privilege"].map(
  (name) => `test/e2e/cases/${name}.test.ts`,
);
const slow = 4;

const longTests = ["test/e2e/cases/**/*.long.test.ts"];

const onCluster = {
  globalSetup: "test/e2e/src/global-setup.ts",
  // All files share the nodes' disks, and two cores.
  fileParallelism: false,
  testTimeout: 180_000 * patience,
  hookTimeout: 300_000 * patience,
};

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
          include: patience >= slow ? essential : ["test/e2e/cases/**/*.test.ts"],
          exclude: longTests,
        },
      },
      {
        // What takes minutes: `make test-long`.
        test: { ...onCluster, name: "long", include: longTests },
      },
    ],
  },
});
