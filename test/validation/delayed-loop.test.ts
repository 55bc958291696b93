import { expect, test } from "vitest";
import { delayedLoop } from "./delayed-loop.ts";

const late = { delay: 1, syncs: 120, excess: 1.5 };

test("a metric that is one reconcile old makes the plain law swing for ever, 6 reconciles at a time", () => {
  const errors = delayedLoop({ ...late, gain: 1 });
  const swing = Math.log(1.5);
  // x(k+1) = x(k) − x(k−1): 1.5 times the need, back, below, and again.
  const wave = [1, 1, 0, -1, -1, 0].map((sign) => expect.closeTo(sign * swing, 5) as number);
  expect(errors.slice(0, 6)).toEqual(wave);
  expect(errors.slice(-7, -1)).toEqual(wave);
});

test("windows of two reconciles, both ways, end that swing at the first return", () => {
  const window = { tolerance: 0, stabilizationWindowMs: 30_000 };
  const policies = [{ type: "Percent", value: 1_000_000, periodMs: 15_000 }] as const;
  const behavior = { scaleUp: { ...window, policies }, scaleDown: window };
  const errors = delayedLoop({ ...late, gain: 1, behavior });

  expect(Math.max(...errors.map((error) => Math.abs(error)))).toBe(errors[0]);
  expect(errors.slice(10).every((error) => Math.abs(error) < 1e-6)).toBe(true);
});
