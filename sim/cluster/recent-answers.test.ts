import { expect, test } from "vitest";
import { RecentAnswers } from "./recent-answers.ts";

test("[MP1] a quantile lies where Prometheus would put it, within its bucket", () => {
  const answers = new RecentAnswers();
  expect(answers.joinQuantileSeconds(0.95, 0)).toBeUndefined();
  // 60 joins up to 100 ms, 40 up to 250 ms: the 95th of 100 is the 35th of 40 in the second bucket.
  for (let i = 0; i < 60; i++) answers.joinTook(80, 1_000);
  for (let i = 0; i < 40; i++) answers.joinTook(200, 6_000);
  expect(answers.joinQuantileSeconds(0.95, 7_000)).toBeCloseTo(0.1 + 0.15 * (35 / 40), 12);
  expect(answers.joinQuantileSeconds(0.3, 7_000)).toBeCloseTo(0.05 + 0.05 * (30 / 60), 12);
  answers.joinTook(45_000, 7_000);
  expect(answers.joinQuantileSeconds(1, 7_000)).toBe(30); // The last edge stands for whatever lies above.
});

test("[MP1] what is a minute old counts no more, and a slice that is used again begins with nothing", () => {
  const answers = new RecentAnswers();
  for (let i = 0; i < 10; i++) answers.joinTook(2_000, 3_000);
  answers.joinTook(20, 61_000);
  expect(answers.joinQuantileSeconds(0.95, 62_000)).toBeCloseTo(0.01 + 0.015 * 0.95, 12);
  expect(answers.joinQuantileSeconds(0.95, 200_000)).toBeUndefined();
});

test("[MP1] the ratio of failed resumes is of those that were asked for lately", () => {
  const answers = new RecentAnswers();
  expect(answers.resumeFailureRatio(0)).toBeUndefined();
  for (let i = 0; i < 8; i++) answers.resumeAsked(i * 1_000);
  answers.resumeFailed(4_000);
  answers.resumeFailed(9_000);
  expect(answers.resumeFailureRatio(10_000)).toBe(0.25);
  expect(answers.resumeFailureRatio(64_000)).toBe(1 / 3);
  expect(answers.resumeFailureRatio(100_000)).toBeUndefined();
});
