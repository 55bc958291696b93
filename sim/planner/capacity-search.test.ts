import fc from "fast-check";
import { expect, test } from "vitest";
import { CapacityPlan } from "./capacity-plan.ts";
import { CapacitySearch, type Ask, type SearchOptions } from "./capacity-search.ts";
import type { Standing } from "./standing.ts";

const nodes = (more: Partial<SearchOptions> = {}): SearchOptions => ({
  goal: "least",
  from: 1,
  to: 240,
  start: 59,
  bound: 49,
  precision: { of: "count", value: 1 },
  seeds: 10,
  ...more,
});

/** Runs a search against an oracle; the asks in their order. */
function solved(search: CapacitySearch, standingAt: (ask: Ask) => Standing): Ask[] {
  const asks: Ask[] = [];
  for (let ask = search.ask(); ask !== undefined; ask = search.ask()) {
    asks.push(ask);
    expect(asks.length).toBeLessThan(100);
    search.tell(ask.value, ask.seeds, standingAt(ask));
  }
  return asks;
}

const from =
  (least: number) =>
  (ask: Ask): Standing =>
    ask.value >= least ? "good" : "fails";

test("[PN4] the least value is found with few asks: a bracket with two seeds, all seeds for the answer, one more above", () => {
  const search = new CapacitySearch(nodes());
  const asks = solved(search, from(56));

  expect(asks).toEqual([
    { value: 59, seeds: 2 },
    { value: 54, seeds: 2 },
    { value: 56, seeds: 2 },
    { value: 55, seeds: 2 },
    { value: 56, seeds: 10 },
    { value: 57, seeds: 2 },
  ]);
  expect(search.answer).toBe(56);
  expect(search.bracket).toEqual({
    fails: { value: 55, seeds: 2, standing: "fails" },
    holds: { value: 56, seeds: 10, standing: "good" },
  });
});

test("[PN4] any threshold is found exactly, from any start, in either direction", () => {
  const room = fc.record({
    threshold: fc.integer({ min: 1, max: 240 }),
    start: fc.integer({ min: 1, max: 240 }),
    isLeast: fc.boolean(),
    seeds: fc.integer({ min: 1, max: 5 }),
  });
  fc.assert(
    fc.property(room, ({ threshold, start, isLeast, seeds }) => {
      const goal = isLeast ? "least" : "most";
      const search = new CapacitySearch(nodes({ goal, start, seeds, bound: undefined }));
      const holds = (value: number) => (isLeast ? value >= threshold : value <= threshold);
      const asks = solved(search, ({ value }) => (holds(value) ? "good" : "fails"));

      expect(search.answer).toBe(threshold);
      expect(asks.filter((ask) => ask.seeds === seeds && seeds > 2).length).toBeLessThanOrEqual(1);
      expect(asks.length).toBeLessThan(22);
    }),
    { seed: 20_262, numRuns: 200 },
  );
});

test("[PN4] a bracket of two per cent is enough for clients, and its values are round", () => {
  const options = nodes({ goal: "most", to: 1_000_000, start: 100_000, bound: 118_119, seeds: 3 });
  const search = new CapacitySearch({ ...options, precision: { of: "ratio", value: 0.02 } });
  const asks = solved(search, ({ value }) => (value <= 107_300 ? "good" : "fails"));
  const { fails, holds } = search.bracket;

  expect(asks.length).toBeLessThan(10);
  expect(holds!.value).toBeLessThanOrEqual(107_300);
  expect(fails!.value).toBeGreaterThan(107_300);
  expect(fails!.value - holds!.value).toBeLessThanOrEqual(0.02 * holds!.value);
  expect(holds!.value % 100).toBe(0);
});

test("[PN4] what looked good with two seeds and fails with all is left behind; what is near its limit gets all seeds at once", () => {
  const search = new CapacitySearch(nodes());
  // 54 is lucky in its first two seeds, 55 is near its limits and fails in the end.
  const asks = solved(search, ({ value, seeds }) => {
    if (value >= 56) return "good";
    if (value === 55) return seeds < 10 ? "open" : "fails";
    return value === 54 && seeds < 10 ? "good" : "fails";
  });

  expect(search.answer).toBe(56);
  expect(asks.filter(({ value }) => value === 55).map(({ seeds }) => seeds)).toEqual([2, 10]);
  expect(asks.at(-1)).toEqual({ value: 57, seeds: 2 });
});

test("[PN5] noise never makes an answer below a value that was seen to fail, and such values are told", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 241, maxLength: 241 }), (luck) => {
      const search = new CapacitySearch(nodes({ bound: undefined, seeds: 3 }));
      // Below 40 nothing holds, above 80 everything; between it is luck.
      solved(search, ({ value }) =>
        value > 80 || (value >= 40 && luck[value]!) ? "good" : "fails",
      );
      const failed = search.tried.filter(({ standing }) => standing === "fails");

      expect(search.answer).toBeGreaterThan(Math.max(...failed.map(({ value }) => value)));
      const { fails } = search.bracket;
      const below = search.tried.filter(
        ({ value, standing }) => standing === "good" && value < fails!.value,
      );
      expect(search.odd).toEqual(below);
    }),
    { seed: 20_263, numRuns: 100 },
  );
});

test("[PN5] a guard that fails lifts the answer, and the value that held below it is told as odd", () => {
  const search = new CapacitySearch(nodes({ seeds: 3 }));
  solved(search, ({ value }) => (value >= 58 || value === 56 ? "good" : "fails"));

  expect(search.answer).toBe(58);
  expect(search.odd).toEqual([{ value: 56, seeds: 3, standing: "good" }]);
});

test("[PN4] when even the upper bound fails there is no answer, and nothing beyond it is tried", () => {
  const search = new CapacitySearch(nodes({ to: 70, bound: undefined }));
  const asks = solved(search, () => "fails");

  expect(asks.map(({ value }) => value)).toEqual([59, 68, 70]);
  expect(search.answer).toBeUndefined();
  expect(search.bracket.holds).toBeUndefined();
});

test("[PN4] the whole room holds: the answer is its end, and nothing failed", () => {
  const search = new CapacitySearch(nodes({ from: 50, bound: undefined }));
  solved(search, () => "good");

  expect(search.answer).toBe(50);
  expect(search.bracket.fails).toBeUndefined();
});

function planned(plan: CapacityPlan, leasts: readonly ((value: number) => boolean)[]): string[] {
  const asked: string[] = [];
  while (!plan.isDone) {
    for (const ask of plan.asks()) {
      asked.push(`${ask.scenario}: ${ask.value} × ${ask.seeds}`);
      plan.tell(ask, leasts[ask.scenario]!(ask.value) ? "good" : "fails");
    }
  }
  return asked;
}

test("[PN7] the common answer is the safest of the scenarios' own, and holds in all of them with all seeds", () => {
  const plan = new CapacityPlan([nodes({ seeds: 3 }), nodes({ start: 12, bound: 7, seeds: 5 })]);
  const asked = planned(plan, [(value) => value >= 56, (value) => value >= 9]);

  expect(plan.searches.map((search) => search.answer)).toEqual([56, 9]);
  expect(plan.answer).toBe(56);
  expect(asked.at(-1)).toBe("1: 56 × 5");
});

test("[PN7] a scenario that fails at the common value is searched on beyond it; one without an answer leaves none", () => {
  const plan = new CapacityPlan([nodes({ seeds: 3 }), nodes({ start: 12, bound: 7, seeds: 5 })]);
  planned(plan, [(value) => value >= 56, (value) => value >= 9 && (value < 50 || value > 60)]);
  expect(plan.answer).toBeGreaterThan(60);

  const none = new CapacityPlan([nodes({ to: 60 }), nodes({ start: 12, to: 60 })]);
  planned(none, [() => false, () => true]);
  expect(none.answer).toBeUndefined();
});

test("[PN7] where one leads, the others are run at its answer alone, and lead too when they fail there", () => {
  const options = [nodes({ seeds: 3 }), nodes({ start: 12, bound: 7, seeds: 5 })];
  const follows = planned(new CapacityPlan(options, [true, false]), [
    (value) => value >= 56,
    (value) => value >= 9,
  ]);
  expect(follows.filter((asked) => asked.startsWith("1"))).toEqual(["1: 56 × 5"]);

  const plan = new CapacityPlan(options, [true, false]);
  planned(plan, [(value) => value >= 56, (value) => value >= 61]);
  expect(plan.answer).toBe(61);
});

test("[PN13] near the answer a search goes by small steps, and still finds it when the start was far off", () => {
  const near = (start: number, least: number): Ask[] => {
    const search = new CapacitySearch(nodes({ start, isNear: true, seeds: 3 }));
    const asks = solved(search, from(least));
    expect(search.answer).toBe(least);
    return asks;
  };

  expect(near(57, 57).map(({ value, seeds }) => `${value} × ${seeds}`)).toEqual([
    "57 × 2",
    "56 × 2",
    "57 × 3",
    "58 × 2",
  ]);
  expect(near(58, 57).map(({ value }) => value)).toEqual([58, 57, 55, 56, 57]);
  expect(near(56, 57).map(({ value }) => value)).toEqual([56, 57, 57, 58]);
  expect(near(60, 120).length).toBeLessThan(16);
  expect(near(200, 51).length).toBeLessThan(16);
});
