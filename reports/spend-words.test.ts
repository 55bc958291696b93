import { expect, test } from "vitest";
import type { IncidentSpend } from "../sim/error-budget.ts";
import { spendSentences } from "./spend-words.ts";

const spend = (bad: number, share: number, worst: number, window = "impact"): IncidentSpend => ({
  check: "back-soon",
  fault: "kill-node",
  window,
  target: 0.99,
  period: "28d, rolling",
  bad,
  allowed: 600_000,
  share,
  seeds: [
    { seed: 1, share: worst },
    { seed: 2, share: 0 },
  ],
});

test("[OS6] sentences begin with what spent most, and leave out what spent nothing", () => {
  const sentences = spendSentences([
    spend(1_344, 0.00224, 0.00224),
    spend(0, 0, 0),
    spend(7e7, 93.81, 120, "kill-node"),
  ]);

  expect(sentences).toEqual([
    "kill-node spent 93.8 times the error budget of back-soon for 28d, rolling: " +
      "70,000,000 bad events of 600,000 allowed, 120 times in the worst seed",
    "kill-node (impact) spent 0.22 % of the error budget of back-soon for 28d, rolling: " +
      "1,344 bad events of 600,000 allowed",
  ]);
});
