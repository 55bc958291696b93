import { defineConfig } from "vitest/config";

/** Real browsers, brokers, relays and processes: `npm test` alone waits for them; `npm run check` is to stay short. */
const REAL_PARTS = [
  "test/browser/**",
  "test/{cli-token,nats-bus,operations,replay,serve,turn}.test.ts",
  "test/protocol/served.test.ts",
];
const isWhole = process.env.STORMGLASS_TESTS === "all";

// Two projects: `unit` sits beside the code and is quick; `whole` drives the built program. Two workers even
// where there are two cores: the default leaves one idle, and the longest files of `whole` take half its time.
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "unit",
          include: ["{core,sim,scenarios,reports,live,bin}/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "whole",
          include: ["test/**/*.test.ts"],
          exclude: [
            "test/chaos/**",
            "test/security/**",
            "test/report/**",
            ...(isWhole ? [] : REAL_PARTS),
          ],
          testTimeout: 300_000,
          hookTimeout: 60_000, // The first start of a browser on a busy machine.
        },
      },
      // Attacks and fuzzers: half a minute.
      {
        test: {
          name: "security",
          include: ["test/security/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
      // Reports in a real browser: a minute, most of it for the runs that they report.
      {
        test: {
          name: "report",
          include: ["test/report/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      // Clusters of processes under faults: minutes, and one file at a time, so that one scenario is not the next one's fault.
      {
        test: {
          name: "chaos",
          include: ["test/chaos/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 30_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
