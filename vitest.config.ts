import { defineConfig } from "vitest/config";

// Two projects: `unit` sits beside the code and is quick; `whole` drives the built program.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{core,sim,scenarios,reports,bin}/**/*.test.ts"],
          testTimeout: 60_000,
        },
      },
      { test: { name: "whole", include: ["test/**/*.test.ts"], testTimeout: 300_000 } },
    ],
  },
});
