import { expect, test } from "vitest";
import { RETRY_BUDGET, RetryBudget } from "./retry-budget.ts";

test("[RC7] a full budget affords its capacity and then nothing", () => {
  const budget = new RetryBudget({ capacity: 3, perSuccess: 0.1 });

  expect([1, 2, 3, 4].map(() => budget.tryRetry())).toEqual([true, true, true, false]);
});

test("[RC7] ten successes earn one retry, nine do not", () => {
  const budget = new RetryBudget({ capacity: 1, perSuccess: 0.1 });
  budget.tryRetry();
  for (let success = 0; success < 9; success += 1) budget.succeeded();
  expect(budget.tryRetry()).toBe(false);

  budget.succeeded();
  expect(budget.tryRetry()).toBe(true);
  expect(budget.tryRetry()).toBe(false);
});

test("[RC7] a budget never holds more than its capacity", () => {
  const budget = new RetryBudget({ capacity: 2, perSuccess: 0.5 });
  for (let success = 0; success < 100; success += 1) budget.succeeded();

  expect([1, 2, 3].map(() => budget.tryRetry())).toEqual([true, true, false]);
});

// retry.amplification: load per request with up to three retries under failure ratio x.
test.each([
  { failureRatio: 0.1, load: 1.0989 },
  { failureRatio: 0.5, load: 1.0526 },
  { failureRatio: 1, load: 1 },
])("[RC7] at failure ratio $failureRatio the load is at most $load", ({ failureRatio, load }) => {
  const budget = new RetryBudget(RETRY_BUDGET);
  let x = 99;
  const fails = (): boolean => {
    x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
    return x / 0x1_0000_0000 < failureRatio;
  };
  let calls = 0;
  for (let request = 0; request < 200_000; request += 1) {
    for (let attempt = 0; attempt <= 3; attempt += 1) {
      if (attempt > 0 && !budget.tryRetry()) break;
      calls += 1;
      if (fails()) continue;
      budget.succeeded();
      break;
    }
  }

  expect(Math.abs(calls / 200_000 - load)).toBeLessThan(0.012);
});
