import fc from "fast-check";
import { expect, test } from "vitest";
import { Bench, type BenchOptions, S, sectionWith } from "./cluster-fixture.ts";
import { fenceposts } from "./deployment.ts";

const SEED = { seed: 20_260_602, numRuns: 60 };

test.each(["Deployment", "StatefulSet"] as const)(
  "[KC18] the %s of the beginning is an hour old",
  (kind) => {
    const bench = new Bench({ kind, replicas: 5 });
    expect(bench.cluster.counts).toEqual({
      desired: 5,
      current: 5,
      ready: 5,
      pending: 0,
      terminating: 0,
      machines: 12,
    });
    expect([...bench.serving]).toEqual([0, 1, 2, 3, 4]);
    for (const { phase, ready, readyChangedAtMs, startedAtMs } of bench.cluster.podViews()) {
      expect([phase, ready, readyChangedAtMs, startedAtMs]).toEqual([
        "Running",
        "True",
        -3_600 * S,
        -3_600 * S,
      ]);
    }
    expect(bench.availableCount).toBe(5);
    expect(bench.cluster.lives[2]).toMatchObject({
      createdFor: "beginning",
      readyAtMs: -3_600 * S,
    });
  },
);

test("[KC1] a Deployment's pod takes the lowest slot that is free, terminating pods keep theirs", () => {
  const bench = new Bench({ replicas: 6, drainMs: 30 * S });
  bench.cluster.scaleTo(4);
  const ending = [0, 1, 2, 3, 4, 5].filter((slot) => !bench.slots.includes(slot));
  expect(ending).toHaveLength(2);
  bench.runTo(10 * S);
  bench.cluster.scaleTo(6);
  expect(bench.slots.slice(-2)).toEqual([6, 7]);
  bench.runTo(31 * S);
  bench.cluster.scaleTo(8);
  expect(bench.slots).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(bench.cluster.slotCount).toBe(8);
});

test("[KC2] names: a hash per revision and five letters, or the ordinal", () => {
  const deployment = new Bench({ replicas: 30 });
  deployment.cluster.rollOut();
  const { lives } = deployment.cluster;
  const parts = lives.map(({ name }) =>
    /^stormglass-node-([a-z0-9]{10})-([a-z0-9]{5})$/.exec(name)!.slice(1),
  );
  expect(new Set(parts.map(([hash]) => hash)).size).toBe(2);
  expect(new Set(lives.map(({ name }) => name)).size).toBe(lives.length);
  const set = new Bench({ kind: "StatefulSet", replicas: 2 });
  expect(set.cluster.lives.map(({ name }) => name)).toEqual([
    "stormglass-node-0",
    "stormglass-node-1",
  ]);
});

test("[KC20] a pod costs from its placement to its end, and a life tells each step", () => {
  const bench = new Bench({ replicas: 2, drainMs: 20 * S });
  bench.runTo(10 * S);
  bench.cluster.scaleTo(3);
  bench.runTo(100 * S);
  expect(bench.cluster.podMs(100 * S)).toBe(2 * 100 * S + 89 * S); // Placed at 11 s.
  bench.cluster.scaleTo(2);
  bench.runTo(200 * S);
  expect(bench.cluster.podMs(200 * S)).toBe(2 * 200 * S + 109 * S);
  const { name, ...life } = bench.cluster.lives[2];
  expect(name).toContain("stormglass-node-");
  expect(life).toEqual({
    node: 2,
    machine: 2,
    createdAtMs: 10 * S,
    scheduledAtMs: 11 * S,
    pulledAtMs: 11 * S,
    servedAtMs: 15 * S,
    readyAtMs: 15 * S,
    deletedAtMs: 100 * S,
    goneAtMs: 120 * S,
    createdFor: "scale-up",
    deletedFor: "scale-down",
    sessionsAtDelete: 100,
    sessionsKilled: 0,
  });
});

const options: fc.Arbitrary<BenchOptions> = fc.record({
  kind: fc.constantFrom("Deployment" as const, "StatefulSet" as const),
  replicas: fc.integer({ min: 0, max: 12 }),
  zones: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(),
  drainMs: fc.constantFrom(0, 7 * S, 45 * S, Infinity),
  section: fc.record({
    pods: fc.record({
      schedulingMs: fc.constant({ dist: "uniform" as const, minMs: 0, maxMs: 3 * S }),
      startMs: fc.constant({ dist: "uniform" as const, minMs: 0, maxMs: 20 * S }),
      drainNoticeMs: fc.constantFrom(0, 5 * S),
    }),
    machines: fc.record({
      podsPerMachine: fc.constantFrom(1, 2, 4),
      count: fc.integer({ min: 1, max: 6 }),
      countMax: fc.integer({ min: 6, max: 20 }),
    }),
    disruption: fc.record({ maxUnavailable: fc.integer({ min: 0, max: 3 }) }),
  }),
});

const deeds = fc.array(
  fc.record({
    waitMs: fc.integer({ min: 0, max: 60 * S }),
    what: fc.constantFrom("scale", "scale", "scale", "roll", "crash", "drain", "die"),
    number: fc.integer({ min: 0, max: 16 }),
  }),
  { maxLength: 14 },
);
type Deed = { readonly waitMs: number; readonly what: string; readonly number: number };

function perform(bench: Bench, { what, number }: Deed, zones: number): void {
  if (what === "scale") bench.cluster.scaleTo(number);
  else if (what === "roll") bench.cluster.rollOut();
  else if (what === "drain") bench.cluster.drainMachines(1 + (number % 3));
  else if (what === "die" && number > 0) bench.cluster.machinesDied(number % zones);
  else if (what === "crash" && bench.serving.has(number)) bench.crash(number);
}

function live(start: BenchOptions, plan: readonly Deed[], look: (bench: Bench) => void): Bench {
  const bench = new Bench(start);
  bench.observe = () => look(bench);
  let atMs = 0;
  for (const deed of plan) {
    atMs += deed.waitMs;
    bench.runTo(atMs);
    perform(bench, deed, start.zones!);
    look(bench);
  }
  return bench.runTo(atMs + 2_000 * S);
}

/** What is wrong with the cluster now; empty: nothing. */
function faultsOf({ cluster, serving }: Bench, room: number): readonly string[] {
  const { desired, current, ready, pending, terminating } = cluster.counts;
  const views = cluster.podViews();
  const faults: string[] = [];
  if (current > desired + room) faults.push(`${current} pods for ${desired} with ${room} above`);
  if (ready + pending > current) faults.push(`${ready} ready, ${pending} pending of ${current}`);
  if (views.length !== current + terminating) faults.push(`${views.length} views`);
  for (const { name, isDeleted, ready: isReady } of views) {
    if (isDeleted && isReady === "True") faults.push(`${name} is ready and ends`);
  }
  for (const slot of serving) {
    if (cluster.podOfSlot(slot) === undefined) faults.push(`nobody owns the process of ${slot}`);
  }
  return faults;
}

test("[KC1, KC4] whatever happens: not more pods than count and surge, and no process without its pod", () => {
  fc.assert(
    fc.property(options, deeds, (start, plan) => {
      const rules = sectionWith(start.section).workload;
      live(start, plan, (bench) => {
        const { specReplicas } = bench.cluster;
        const isUpdated = start.kind === "Deployment" && specReplicas > 0;
        const room = isUpdated ? fenceposts(rules, specReplicas).surge : 0;
        const faults = faultsOf(bench, room);
        if (faults.length > 0) throw new Error(faults.join("; "));
      });
    }),
    SEED,
  );
});

test("[KC20] whatever happens: the steps of a life follow one another, and pods of one slot do not overlap", () => {
  fc.assert(
    fc.property(options, deeds, (start, plan) => {
      const { cluster } = live(start, plan, () => undefined);
      const freeAtMs = new Map<number, number>();
      for (const life of cluster.lives) {
        const steps = [
          life.createdAtMs,
          life.scheduledAtMs,
          life.pulledAtMs,
          life.servedAtMs,
          life.readyAtMs,
          life.goneAtMs,
        ].filter((atMs) => atMs !== undefined);
        expect(steps).toEqual(steps.toSorted((a, b) => a - b));
        expect(life.createdAtMs).toBeGreaterThanOrEqual(freeAtMs.get(life.node) ?? -Infinity);
        freeAtMs.set(life.node, life.goneAtMs ?? Infinity);
        expect(life.goneAtMs === undefined || life.deletedAtMs! <= life.goneAtMs).toBe(true);
      }
    }),
    SEED,
  );
});

test("[KC21] one seed, one history; another seed, another", () => {
  fc.assert(
    fc.property(options, deeds, (start, plan) => {
      const [first, second] = [1, 2].map(() => live(start, plan, () => undefined));
      expect(second.log).toEqual(first.log);
      expect(second.cluster.lives).toEqual(first.cluster.lives);
    }),
    { ...SEED, numRuns: 15 },
  );
  const names = [1, 2].map((seed) => new Bench({ seed }).cluster.lives.map(({ name }) => name));
  expect(names[0]).not.toEqual(names[1]);
});

test("[KC21] a pod has the luck of its slot, whatever the others do", () => {
  const section = { pods: { startMs: { dist: "uniform" as const, minMs: 0, maxMs: 60 * S } } };
  const startsOf = (replicas: number) => {
    const bench = new Bench({ replicas: 2, section });
    bench.cluster.scaleTo(replicas);
    bench.runTo(200 * S);
    return bench.cluster.lives.slice(2).map(({ servedAtMs }) => servedAtMs);
  };
  const few = startsOf(6);
  expect(startsOf(20).slice(0, few.length)).toEqual(few);
});
