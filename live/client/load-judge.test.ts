// A judge that misses nothing, and accuses nobody.

import fc from "fast-check";
import { expect, test } from "vitest";
import { LoadJudge } from "./load-judge.ts";

function judgeOf(clients: number): LoadJudge {
  const judge = new LoadJudge();
  for (let client = 0; client < clients; client++) judge.add();
  for (let client = 0; client < clients; client++) {
    for (let other = 0; other < clients; other++) {
      if (other !== client) judge.expects(client, other);
    }
  }
  return judge;
}

test("[CF5] what was acknowledged and not heard is lost, however it was missed", () => {
  const judge = judgeOf(3);
  for (let number = 0; number < 6; number++) judge.offered(0);
  for (const number of [0, 1, 2, 5]) judge.answered(0, number, true, "");
  judge.answered(0, 3, false, "rate_limited"); // 4 was never answered.
  for (const number of [0, 2]) judge.heard(1, 0, number);
  for (const number of [0, 1, 2, 5]) judge.heard(2, 0, number);
  const verdict = judge.verdict();
  expect(verdict).toMatchObject({
    offered: 6,
    acknowledged: 4,
    unanswered: 1,
    refused: { rate_limited: 1 },
    lost: 2,
    duplicates: 0,
    disordered: 0,
  });
  expect(verdict.examples).toEqual(["client 1 never heard 2 of 0: 1,5"]);
});

test("[CF5] a whole, ordered stream is clean; any repetition, exchange or loss in it is found", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 30 }), fc.nat(), fc.nat(2), (count, where, fault) => {
      const heard = Array.from({ length: count }, (_, number) => number);
      const at = where % (count - 1);
      if (fault === 0) heard.splice(at, 0, heard[at]!);
      if (fault === 1) [heard[at], heard[at + 1]] = [heard[at + 1]!, heard[at]!];
      if (fault === 2) heard.splice(at, 1);
      const judge = judgeOf(2);
      for (let number = 0; number < count; number++) {
        judge.offered(0);
        judge.answered(0, number, true, "");
      }
      for (const number of heard) judge.heard(1, 0, number);
      const { duplicates, disordered, lost } = judge.verdict();
      expect([duplicates, disordered, lost]).toEqual(
        [0, 1, 2].map((one) => (one === fault ? 1 : 0)),
      );
    }),
    { seed: 11, numRuns: 100 },
  );
});

test("[CF5] who left on purpose is owed nothing, and owes no answer", () => {
  const judge = judgeOf(3);
  for (let number = 0; number < 3; number++) judge.offered(0);
  judge.offered(1);
  judge.left(1);
  for (let number = 0; number < 3; number++) judge.answered(0, number, true, "");
  judge.answered(1, 0, false, "ended");
  for (let number = 0; number < 2; number++) judge.heard(2, 0, number);
  const verdict = judge.verdict((one, other) => one + other > 2);
  expect(verdict).toMatchObject({ lost: 1, lostOnOneNode: 0, unanswered: 0, refused: {} });
});

test("[CF5] who lost his session is owed nothing of the time between", () => {
  const judge = judgeOf(2);
  for (let number = 0; number < 10; number++) {
    judge.offered(0);
    judge.answered(0, number, true, "");
  }
  judge.heard(1, 0, 0);
  judge.forgot(1);
  for (const number of [7, 8, 9]) judge.heard(1, 0, number);
  expect(judge.verdict().lost).toBe(0);
});
