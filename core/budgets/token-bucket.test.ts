import fc from "fast-check";
import { expect, test } from "vitest";
import {
  afterTake,
  BudgetTake,
  bucketShape,
  canTake,
  chargeOf,
  retryAfterMs,
  takeAll,
  TokenBucket,
  tokensAt,
} from "./token-bucket.ts";

/** xorshift32, enough for a Poisson source in a test. */
function source(seed: number): () => number {
  let x = seed | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) / 0x1_0000_0000;
  };
}

test("[TB1] a fresh bucket is full, also at time 0", () => {
  const shape = bucketShape(30, 60, 15);

  expect(tokensAt(0, shape, 0)).toBe(60);
  expect(tokensAt(0, shape, 5)).toBe(60);
  expect(canTake(0, shape, 60, 0, true)).toBe(true);
  expect(canTake(0, shape, 61, 0, true)).toBe(false);
});

test.each([
  { depth: 20, perSec: 10, spanMs: 5_000, accepted: 70 },
  { depth: 1, perSec: 5, spanMs: 10_000, accepted: 51 },
  { depth: 60, perSec: 30, spanMs: 1_000, accepted: 90 },
  { depth: 7, perSec: 3, spanMs: 100_000, accepted: 307 },
])("[TB1] a greedy source gets b + r·t and never one more: $accepted", (row) => {
  const bucket = new TokenBucket(bucketShape(row.perSec, row.depth, 0));
  let accepted = 0;
  for (let nowMs = 0; nowMs <= row.spanMs; nowMs += 1) {
    while (bucket.tryTake(1, nowMs)) accepted += 1;
  }

  expect(accepted).toBe(row.accepted);
});

test("[TB1] rounding never costs or gives a token: it decides as exact integers do", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5_000 }),
      fc.integer({ min: 1, max: 300 }),
      fc.integer({ min: 0, max: 10_000_000 }),
      fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 100 }),
      (perSec, depth, startMs, gapsMs) => {
        const bucket = new TokenBucket(bucketShape(perSec, depth, 0));
        let nowMs = startMs;
        let milliTokens = depth * 1_000;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          milliTokens = Math.min(milliTokens + gapMs * perSec, depth * 1_000);
          for (; milliTokens >= 1_000; milliTokens -= 1_000) {
            expect(bucket.tryTake(1, nowMs)).toBe(true);
          }
          expect(bucket.tryTake(1, nowMs)).toBe(false);
        }
      },
    ),
    { seed: 1, numRuns: 40 },
  );
});

// Blocking of M/D/1/K (Brun and Garcia 2000); tolerance for 400,000 arrivals.
test.each([
  { load: 0.5, depth: 1, dropRatio: 0.333333 },
  { load: 0.5, depth: 2, dropRatio: 0.096274 },
  { load: 0.8, depth: 5, dropRatio: 0.03529 },
  { load: 0.8, depth: 10, dropRatio: 0.003639 },
  { load: 0.95, depth: 20, dropRatio: 0.008069 },
  { load: 1.2, depth: 10, dropRatio: 0.170911 },
  { load: 2, depth: 20, dropRatio: 0.5 },
])("[TB1] Poisson load $load and depth $depth drop $dropRatio", ({ load, depth, dropRatio }) => {
  const bucket = new TokenBucket(bucketShape(1_000, depth, 0));
  const draw = source(7);
  let nowMs = 0;
  let dropped = 0;
  for (let arrival = 0; arrival < 400_000; arrival += 1) {
    nowMs -= Math.log(1 - draw()) / load;
    if (!bucket.tryTake(1, nowMs)) dropped += 1;
  }

  expect(Math.abs(dropped / 400_000 - dropRatio)).toBeLessThan(0.003);
});

test("[TB2] others than critical leave the reserve alone, critical may empty it", () => {
  const bucket = new TokenBucket(bucketShape(4, 8, 2));

  expect(bucket.tryTake(6, 0)).toBe(true);
  expect(bucket.tryTake(1, 0)).toBe(false);
  expect(bucket.tryTake(2, 0, true)).toBe(true);
  expect(bucket.tryTake(1, 0, true)).toBe(false);
  expect(bucket.tokensAt(0)).toBe(0);
  expect(bucket.tokensAt(250)).toBe(1);
  expect(bucket.tryTake(1, 250)).toBe(false);
  expect(bucket.tryTake(1, 250, true)).toBe(true);
});

test("[TB4] who comes back after retryAfterMs passes, and a millisecond earlier does not", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3_000 }),
      fc.integer({ min: 2, max: 100 }),
      fc.integer({ min: 0, max: 100_000 }),
      fc.boolean(),
      (perSec, depth, nowMs, critical) => {
        const shape = bucketShape(perSec, depth, depth >> 2);
        let tatMs = 0;
        while (canTake(tatMs, shape, 1, nowMs, critical)) {
          tatMs = afterTake(tatMs, shape, 1, nowMs);
        }
        const waitMs = retryAfterMs(tatMs, shape, 1, nowMs, critical);
        expect(canTake(tatMs, shape, 1, nowMs + waitMs, critical)).toBe(true);
        if (waitMs > 1) expect(canTake(tatMs, shape, 1, nowMs + waitMs - 1, critical)).toBe(false);
      },
    ),
    { seed: 2, numRuns: 200 },
  );
});

test("[TB4] a burst of 500 through depth 100 at 50/s is out after 8 s", () => {
  const shape = bucketShape(50, 100, 0);
  let tatMs = 0;
  let lastMs = 0;
  for (let message = 0; message < 500; message += 1) {
    lastMs = retryAfterMs(tatMs, shape, 1, 0, false);
    tatMs = afterTake(tatMs, shape, 1, lastMs);
  }

  expect(lastMs).toBe(8_000);
});

test("[TB5] a cost above depth never passes unless it is charged as a full bucket", () => {
  const shape = bucketShape(2_000, 4_000, 1_000);

  expect(canTake(0, shape, 4_999, 0, true)).toBe(false);
  expect(retryAfterMs(0, shape, 4_999, 0, true)).toBe(Infinity);
  expect(retryAfterMs(0, shape, 3_500, 0, false)).toBe(Infinity);
  expect(chargeOf(shape, 4_999, true)).toBe(4_000);
  expect(chargeOf(shape, 4_999, false)).toBe(3_000);
  expect(chargeOf(shape, 12, false)).toBe(12);
  expect(canTake(0, shape, chargeOf(shape, 4_999, false), 0, false)).toBe(true);
});

test("[TB1] an endless rate lets everything up to the depth pass", () => {
  const bucket = new TokenBucket(bucketShape(Infinity, 10, 0));

  for (let burst = 0; burst < 5; burst += 1) expect(bucket.tryTake(10, 3)).toBe(true);
  expect(bucket.tryTake(11, 3)).toBe(false);
  expect(bucket.tokensAt(3)).toBe(10);
});

test("[TB3] a refused parent takes no token from the child", () => {
  const shapes = {
    connection: bucketShape(30, 60, 0),
    room: bucketShape(100, 20, 0),
    node: bucketShape(1_000, 1_000, 0),
  };
  const take = new BudgetTake();

  expect(takeAll(take, shapes, 1, 19, 0, false)).toBe(true);
  const { connectionTatMs, roomTatMs, nodeTatMs } = take;
  expect(takeAll(take, shapes, 1, 19, 0, false)).toBe(false);
  expect(take.refusedBy).toBe("room");
  expect(take.retryAfterMs).toBeCloseTo(180, 6);
  expect(take).toMatchObject({ connectionTatMs, roomTatMs, nodeTatMs });
  expect(tokensAt(take.connectionTatMs, shapes.connection, 0)).toBe(59);
  expect(takeAll(take, shapes, 1, 19, 180, false)).toBe(true);
  expect(take.refusedBy).toBe(undefined);
});

test("[TB3] the sustained rate of a room is the lesser of its children's sum and its own", () => {
  const shapes = {
    connection: bucketShape(30, 1, 0),
    room: bucketShape(100, 1, 0),
    node: bucketShape(100_000, 1_000, 0),
  };
  const passedPerSec = (senders: number): number => {
    const take = new BudgetTake();
    const connections = new Float64Array(senders);
    let passed = 0;
    for (let nowMs = 0; nowMs < 10_000; nowMs += 1) {
      for (let sender = 0; sender < senders; sender += 1) {
        take.connectionTatMs = connections[sender];
        if (takeAll(take, shapes, 1, 1, nowMs, false)) passed += 1;
        connections[sender] = take.connectionTatMs;
      }
    }
    return passed / 10;
  };

  expect(passedPerSec(2)).toBeCloseTo(60, -0.5);
  expect(passedPerSec(5)).toBeCloseTo(100, -0.5);
});

test("[TB1] time that goes back is our bug", () => {
  const bucket = new TokenBucket(bucketShape(1, 1, 0));
  bucket.tryTake(1, 100);

  expect(() => bucket.tryTake(1, 99)).toThrow("time never goes back");
});
