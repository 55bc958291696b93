import fc from "fast-check";
import { expect, test } from "vitest";
import {
  reconnectPolicy,
  RECONNECT_POLICY_NAMES,
  decorrelatedPolicy,
  equalJitterPolicy,
} from "./peer-policies.ts";
import {
  doubledMs,
  fullJitterPolicy,
  type ReconnectSituation,
  stormglassPolicy,
} from "./reconnect-policy.ts";

const LOSS: ReconnectSituation = {
  attempt: 0,
  isPrivate: false,
  spreadMs: 12_500,
  capMs: 60_000,
  reconnectAfterMs: undefined,
  retryAfterMs: undefined,
};

test("[RC1] the first attempt is drawn from the whole advertised window", () => {
  expect(stormglassPolicy.delayMs(LOSS, 0)).toBe(0);
  expect(stormglassPolicy.delayMs(LOSS, 0.5)).toBe(6_250);
  expect(stormglassPolicy.delayMs({ ...LOSS, spreadMs: 4_000 }, 0.75)).toBe(3_000);
});

test("[RC2] the range doubles with every attempt up to the cap", () => {
  const ranges = [0, 1, 2, 3, 4, 40].map((attempt) => {
    return stormglassPolicy.delayMs({ ...LOSS, attempt }, 0.5) * 2;
  });

  expect(ranges).toEqual([12_500, 25_000, 50_000, 60_000, 60_000, 60_000]);
});

test("[RC3] a private loss tries again within half a second, once", () => {
  const isPrivate = { ...LOSS, isPrivate: true };

  expect(stormglassPolicy.delayMs(isPrivate, 0.9)).toBe(450);
  expect(stormglassPolicy.delayMs({ ...isPrivate, attempt: 1 }, 0.9)).toBe(22_500);
});

test("[RC4] a slot from the server is kept to the millisecond", () => {
  const told = { ...LOSS, reconnectAfterMs: 1_234, retryAfterMs: 9_000, closeCode: 4210 };

  expect(stormglassPolicy.delayMs(told, 0)).toBe(1_234);
  expect(stormglassPolicy.delayMs({ ...told, attempt: 3 }, 0.999)).toBe(1_234);
});

test("[RC5] retryAfterMs is a floor, and W is drawn on top of it", () => {
  const busy = { ...LOSS, retryAfterMs: 3_000, attempt: 4 };

  expect(stormglassPolicy.delayMs(busy, 0)).toBe(3_000);
  expect(stormglassPolicy.delayMs(busy, 0.5)).toBe(9_250);
});

test("[RC5] slow clients return after 1 to 5 s, rate limited ones after 5 s or more", () => {
  expect(stormglassPolicy.delayMs({ ...LOSS, closeCode: 4408 }, 0)).toBe(1_000);
  expect(stormglassPolicy.delayMs({ ...LOSS, closeCode: 4408 }, 0.5)).toBe(3_000);
  expect(stormglassPolicy.delayMs({ ...LOSS, closeCode: 4429 }, 0)).toBe(5_000);
  expect(stormglassPolicy.delayMs({ ...LOSS, closeCode: 4429, retryAfterMs: 8_000 }, 0)).toBe(
    8_000,
  );
});

test("[RC6] the attempt counter starts again only after a connection was stable", () => {
  expect(stormglassPolicy.stableAfterMs).toBe(30_000);
});

test.each([stormglassPolicy, fullJitterPolicy(1_000, 30_000), equalJitterPolicy(1_000, 30_000)])(
  "[RC2] trap: the delays of $name vary at every attempt, also far beyond the cap",
  (policy) => {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      const low = policy.delayMs({ ...LOSS, attempt }, 0.1);
      const middle = policy.delayMs({ ...LOSS, attempt }, 0.5);
      const high = policy.delayMs({ ...LOSS, attempt }, 0.9);
      expect(middle - low).toBeGreaterThan(100);
      expect(high - middle).toBeCloseTo(middle - low, 6);
    }
  },
);

test("[RC2] delays lie within the cap and are finite, for any situation", () => {
  fc.assert(
    fc.property(
      fc.nat(2_000),
      fc.integer({ min: 1, max: 60_000 }),
      fc.integer({ min: 60_000, max: 600_000 }),
      fc.boolean(),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, spreadMs, capMs, isPrivate, draw) => {
        const situation = { ...LOSS, attempt, spreadMs, capMs, isPrivate };
        const delayMs = stormglassPolicy.delayMs(situation, draw);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThan(capMs);
      },
    ),
    { seed: 6, numRuns: 200 },
  );
});

test("[RC2] doubling is exact and stops at the cap", () => {
  expect([0, 1, 5, 31, 1_000].map((attempt) => doubledMs(3, attempt, 100_000))).toEqual([
    3, 6, 96, 100_000, 100_000,
  ]);
  expect(doubledMs(0, 5, 10)).toBe(0);
});

// backoff.full_jitter_mean_delay: five failures, base 1 s, cap 60 s, every draw at its mean.
test("[RC8] mean cumulative delays of five failures are the closed forms", () => {
  const sumMs = (policy: { delayMs(s: ReconnectSituation, draw: number): number }): number => {
    let previousDelayMs = 1_000;
    let sum = 0;
    for (let attempt = 0; attempt < 5; attempt += 1) {
      previousDelayMs = policy.delayMs({ ...LOSS, attempt, previousDelayMs }, 0.5);
      sum += previousDelayMs;
    }
    return sum;
  };

  expect(sumMs(fullJitterPolicy(1_000, 60_000))).toBe(15_500);
  expect(sumMs(equalJitterPolicy(1_000, 60_000))).toBe(23_250);
  expect(sumMs(decorrelatedPolicy(1_000, 60_000))).toBe(34_562.5);
});

// Delays at draw 0 and just below 1, ms, for attempts 0, 1, 2 …; from each project's source.
test.each([
  {
    name: "livekit" as const,
    low: [0, 300, 1_200, 2_700, 4_800, 7_000, 7_000, 7_000, 7_000, 7_000, Infinity],
    high: [0, 300, 2_200, 3_700, 5_800, 8_000, 8_000, 8_000, 8_000, 8_000, Infinity],
  },
  {
    name: "phoenix" as const,
    low: [10, 50, 100, 150, 200, 250, 500, 1_000, 2_000, 5_000, 5_000, 5_000],
    high: [10, 50, 100, 150, 200, 250, 500, 1_000, 2_000, 5_000, 5_000, 5_000],
  },
  {
    name: "centrifuge" as const,
    low: [500, 500, 500, 500, 500, 500, 500],
    high: [1_000, 1_500, 2_500, 4_500, 8_500, 16_500, 20_000],
  },
  {
    name: "socketio" as const,
    low: [500, 1_000, 2_000, 4_000, 5_000, 5_000],
    high: [1_500, 3_000, 5_000, 5_000, 5_000, 5_000],
  },
  { name: "pusher" as const, low: [1_000, 1_000, 1_000], high: [1_000, 1_000, 1_000] },
  {
    name: "ably" as const,
    low: [0, 20_000, 25_000, 30_000, 30_000],
    high: [0, 16_000, 20_000, 24_000, 24_000],
  },
  {
    name: "jitsi" as const,
    low: [1_500, 3_000, 4_500, Infinity],
    high: [3_000, 9_000, 27_000, Infinity],
  },
])("[RC8] $name waits as its published client does", ({ name, low, high }) => {
  const policy = reconnectPolicy(name);
  const almostOne = 1 - 1e-12;

  low.forEach((ms, attempt) => expect(policy.delayMs({ ...LOSS, attempt }, 0)).toBe(ms));
  high.forEach((ms, attempt) => {
    const delayMs = policy.delayMs({ ...LOSS, attempt }, almostOne);
    if (ms === Infinity) expect(delayMs).toBe(Infinity);
    else expect(delayMs).toBeCloseTo(ms, 4);
  });
});

test("[RC8] livekit gives up after 44 to 52 s of waiting, ably is flat after two minutes", () => {
  const livekit = reconnectPolicy("livekit");
  const totalMs = (draw: number): number => {
    let sum = 0;
    for (let attempt = 0; attempt < 10; attempt += 1) {
      sum += livekit.delayMs({ ...LOSS, attempt }, draw);
    }
    return sum;
  };

  expect(totalMs(0)).toBe(44_000);
  expect(totalMs(0.5)).toBe(48_000);
  const ably = reconnectPolicy("ably");
  expect(ably.delayMs({ ...LOSS, attempt: 6, downMs: 120_000 }, 0.7)).toBe(30_000);
});

test("[RC8] pusher obeys the range of the close code", () => {
  const pusher = reconnectPolicy("pusher");

  expect(pusher.delayMs({ ...LOSS, closeCode: 4001 }, 0.5)).toBe(Infinity);
  expect(pusher.delayMs({ ...LOSS, closeCode: 4100 }, 0.5)).toBe(1_000);
  expect(pusher.delayMs({ ...LOSS, closeCode: 4210 }, 0.5)).toBe(0);
});

test("[RC8] every name gives the policy of that name", () => {
  for (const name of RECONNECT_POLICY_NAMES) expect(reconnectPolicy(name).name).toBe(name);
});
