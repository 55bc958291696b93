import { defineConfig } from "vitest/config";

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
      { test: { name: "whole", include: ["test/**/*.test.ts"], testTimeout: 300_000 } },
    ],
  },
});
