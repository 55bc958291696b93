import fc from "fast-check";
import { expect, test } from "vitest";
import { Bench, type BenchOptions, S, sectionWith } from "./cluster-fixture.ts";
import { fenceposts } from "./deployment.ts";

const SEED = { seed: 20_260_601, numRuns: 40 };

/** "0 s: 6 old, 4 new, 6 available, 2 ending": what an instant left, whenever that changed. */
function timeline(bench: Bench, toMs: number): readonly string[] {
  const lines = new Map<number, string>();
  const look = () => {
    const { terminating } = bench.cluster.counts;
    const pods = `${bench.countOf(0)} old, ${bench.countOf(1)} new`;
    const state = `${pods}, ${bench.availableCount} available, ${terminating} ending`;
    lines.set(bench.nowMs() / S, state);
  };
  bench.observe = look;
  look();
  bench.runTo(toMs);
  const states = [...lines].map(([atS, state]) => ({ atS, state }));
  const changes = states.filter(({ state }, i) => i === 0 || state !== states[i - 1].state);
  return changes.map(({ atS, state }) => `${atS} s: ${state}`);
}

test.each([
  { replicas: 8, surgeRatio: 0.25, missingRatio: 0.25, surge: 2, unavailable: 2 },
  { replicas: 10, surgeRatio: 0.25, missingRatio: 0.25, surge: 3, unavailable: 2 },
  { replicas: 30, surgeRatio: 0.1, missingRatio: 0.1, surge: 3, unavailable: 3 },
  { replicas: 3, surgeRatio: 0.25, missingRatio: 0.25, surge: 1, unavailable: 0 },
  { replicas: 5, surgeRatio: 0, missingRatio: 0.1, surge: 0, unavailable: 1 },
  { replicas: 0, surgeRatio: 0.25, missingRatio: 0.25, surge: 0, unavailable: 1 },
])(
  "[KC4] $replicas pods, surge $surgeRatio and missing $missingRatio: $surge more, $unavailable fewer",
  ({ replicas, surgeRatio, missingRatio, surge, unavailable }) => {
    const workload = { maxSurgeRatio: surgeRatio, maxUnavailableRatio: missingRatio };
    const rules = sectionWith({ workload }).workload;
    expect(fenceposts(rules, replicas)).toEqual({ surge, unavailable });
  },
);

test("[KC4] 8 pods by 25 %/25 %: at once two old ones go and four new ones come, then four by four", () => {
  const bench = new Bench({ replicas: 8, section: { machines: { podsPerMachine: 1, count: 20 } } });
  bench.cluster.rollOut();
  expect(timeline(bench, 300 * S)).toEqual([
    "0 s: 6 old, 4 new, 6 available, 2 ending",
    "20 s: 6 old, 4 new, 6 available, 0 ending", // They drained.
    "25 s: 2 old, 8 new, 6 available, 4 ending", // Scheduled 1 s, pulled 10 s, started 4 s, ready for 10 s.
    "45 s: 2 old, 8 new, 6 available, 0 ending",
    "50 s: 0 old, 8 new, 8 available, 2 ending",
    "70 s: 0 old, 8 new, 8 available, 0 ending",
  ]);
  const lives = bench.cluster.lives.slice(8);
  expect(lives.map(({ createdFor, createdAtMs }) => [createdFor, createdAtMs / S])).toEqual([
    ...Array(4).fill(["update", 0]),
    ...Array(4).fill(["update", 25]),
  ]);
  expect(new Set(bench.cluster.lives.slice(0, 8).map(({ deletedFor }) => deletedFor))).toEqual(
    new Set(["update"]),
  );
});

test("[KC4] without surge an update takes away before it adds; without missing pods it adds first", () => {
  const frugal = new Bench({
    replicas: 4,
    section: { workload: { maxSurgeRatio: 0, maxUnavailableRatio: 0.5 } },
  });
  frugal.cluster.rollOut();
  expect([frugal.countOf(0), frugal.countOf(1)]).toEqual([2, 2]);
  const careful = new Bench({
    replicas: 4,
    section: { workload: { maxSurgeRatio: 0.5, maxUnavailableRatio: 0 } },
  });
  careful.cluster.rollOut();
  expect([careful.countOf(0), careful.countOf(1)]).toEqual([4, 2]);
  expect([frugal, careful].map(({ cluster }) => cluster.statusReplicas)).toEqual([4, 6]);
});

const stuck = { pods: { startMs: { dist: "constant" as const, valueMs: 1e9 } } };

test("[KC4] an update that does not come up stops: 10 pods by 30 %/20 % stay at 8 old and 5 new", () => {
  const workload = { maxSurgeRatio: 0.3, maxUnavailableRatio: 0.2 };
  const bench = new Bench({ replicas: 10, section: { workload, ...stuck } });
  bench.cluster.rollOut();
  bench.runTo(3_600 * S);
  expect([bench.countOf(0), bench.countOf(1), bench.availableCount]).toEqual([8, 5, 8]);
});

const scaled = [
  { to: 15, old: 12, fresh: 8 }, // 20 in all: 8 × 20/13 = 12.3 and 5 × 20/13 = 7.7.
  { to: 5, old: 4, fresh: 3 }, // 7 in all: 8 × 7/13 = 4.3 and 5 × 7/13 = 2.7.
  { to: 0, old: 0, fresh: 0 },
];

test.each(scaled)(
  "[KC5] scaled to $to during an update, both revisions take their part",
  ({ to, old, fresh }) => {
    const workload = { maxSurgeRatio: 0.3, maxUnavailableRatio: 0.2 };
    const bench = new Bench({ replicas: 10, section: { workload, ...stuck } });
    bench.cluster.rollOut();
    bench.runTo(60 * S);
    bench.cluster.scaleTo(to);
    expect([bench.countOf(0), bench.countOf(1)]).toEqual([old, fresh]);
    expect(bench.cluster.statusReplicas).toBe(old + fresh);
  },
);

test("[KC4] old pods that are not available go first, and are gone at once", () => {
  const bench = new Bench({ replicas: 8 });
  bench.crash(3);
  bench.crash(6);
  bench.cluster.rollOut();
  const old = bench.slots.filter((slot) => bench.cluster.podOfSlot(slot)!.revision === 0);
  expect(old).toEqual([0, 1, 2, 4, 5, 7]);
  const [first, second] = [bench.cluster.lives[3], bench.cluster.lives[6]];
  expect([first.deletedFor, first.goneAtMs, second.goneAtMs]).toEqual(["update", 0, 0]);
});

test("[KC4] an update during an update takes the pods of the middle revision, too", () => {
  const bench = new Bench({ replicas: 8 });
  bench.cluster.rollOut();
  bench.runTo(3 * S);
  bench.cluster.rollOut();
  bench.runTo(600 * S);
  expect([bench.countOf(0), bench.countOf(1), bench.countOf(2)]).toEqual([0, 0, 8]);
  expect(new Set(bench.cluster.podViews().map(({ name }) => name.slice(0, -6))).size).toBe(1);
});

test("[KC8] a Deployment's status counts the surge and no terminating pods", () => {
  const bench = new Bench({ replicas: 8, drainMs: Infinity });
  bench.cluster.rollOut();
  expect([bench.cluster.specReplicas, bench.cluster.statusReplicas]).toEqual([8, 10]);
  expect(bench.cluster.counts).toMatchObject({ desired: 8, current: 10, terminating: 2 });
});

const healthy: fc.Arbitrary<BenchOptions> = fc.record({
  replicas: fc.integer({ min: 1, max: 24 }),
  seed: fc.nat(),
  drainMs: fc.constantFrom(0, 7 * S, 45 * S, Infinity),
  section: fc.record({
    workload: fc.record({
      maxSurgeRatio: fc.constantFrom(0, 0.1, 0.25, 0.5, 1),
      maxUnavailableRatio: fc.constantFrom(0, 0.1, 0.25, 0.5),
      minReadyMs: fc.constantFrom(0, 10 * S),
    }),
    pods: fc.record({
      schedulingMs: fc.constant({ dist: "uniform" as const, minMs: 0, maxMs: 3 * S }),
      startMs: fc.constant({ dist: "uniform" as const, minMs: 0, maxMs: 20 * S }),
    }),
    machines: fc.record({ podsPerMachine: fc.constantFrom(1, 3, 8), count: fc.constant(60) }),
  }),
});

test("[KC4] through a healthy update there are never too many pods, never too few available ones", () => {
  fc.assert(
    fc.property(healthy, (options) => {
      const bench = new Bench(options);
      const replicas = bench.cluster.specReplicas;
      const { surge, unavailable } = fenceposts(sectionWith(options.section).workload, replicas);
      bench.observe = () => {
        const { statusReplicas } = bench.cluster;
        if (statusReplicas > replicas + surge) throw new Error(`${statusReplicas} pods`);
        const { availableCount } = bench;
        if (availableCount < replicas - unavailable) throw new Error(`${availableCount} available`);
      };
      bench.cluster.rollOut();
      bench.observe();
      bench.runTo(10_000 * S);
      expect([bench.countOf(0), bench.countOf(1)]).toEqual([0, replicas]);
      expect(bench.cluster.counts).toMatchObject({ ready: replicas, terminating: 0 });
    }),
    SEED,
  );
});
