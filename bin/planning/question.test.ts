import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadScenario, type LoadedScenario } from "../../scenarios/loader.ts";
import { leastWith, lostOf, withLoss } from "./losses.ts";
import { withAdmission } from "./own-checks.ts";
import { boundOf, ownValue, settingsFor, type Variable } from "./question.ts";

const SCENARIO = `
apiVersion: stormglass/v1
kind: Scenario
metadata: { name: two-waves, title: Is this enough? }
run: { duration: 90s, warmup: 10s }
cluster:
  edges: { count: 2 }
  nodes: { count: 6, maxConnections: 200 }
clients:
  total: 1000
  arrivals:
    - { phase: early, from: 0s, over: 20s, clients: 400 }
    - { phase: late, from: 20s, over: 10s }
windows:
  storm: { from: late.start, to: late.end }
  steady: { from: late.end + 5s, to: run.end }
budgets: [join.yaml]
`;
const BUDGETS = `
apiVersion: stormglass/v1
kind: BudgetSet
metadata: { name: join, title: Joins }
checks:
  - { id: join-success, metric: value(join.success.ratio), window: run, op: ">=", limit: 99.9% }
`;

function loaded(...settings: readonly string[]): LoadedScenario {
  const files: Readonly<Record<string, string>> = { "waves.yaml": SCENARIO, "join.yaml": BUDGETS };
  const builtinDir = new URL("../../scenarios", import.meta.url).pathname;
  const readFile = (path: string) => files[path] ?? readFileSync(path, "utf8");
  return loadScenario("waves.yaml", { readFile, builtinDir, settings });
}

const at = (variable: Variable, value: number): LoadedScenario["scenario"] =>
  loaded(...settingsFor(variable, value, loaded())).scenario;

test("[PN8] a value is a setting: nodes; clients with numbered phases in proportion; phases of another length", () => {
  expect(at("replicas", 9).cluster.nodes.count).toBe(9);
  const many = at("clients", 1_501).clients;
  expect([many.total, ...many.arrivals.map(({ clients }) => clients)]).toEqual([1_501, 600, 901]);

  // The steepest phase has 60 a second; at 30 all phases are twice as long, and the run grows with them.
  const slow = at("joins-per-sec", 30);
  expect(slow.clients.arrivals.map(({ overMs }) => overMs)).toEqual([40_000, 20_000]);
  expect(slow.run.durationMs).toBe(100_000);
  expect(slow.windows.storm).toEqual({ fromMs: 20_000, toMs: 40_000 });
  const fast = at("joins-per-sec", 120);
  expect(fast.clients.arrivals.map(({ overMs }) => overMs)).toEqual([10_000, 5_000]);
  expect(fast.run.durationMs).toBe(90_000);
});

test("[PN8] a scenario's own value comes back unchanged", () => {
  for (const variable of ["replicas", "clients", "joins-per-sec"] as const) {
    const { scenario } = loaded();
    expect(ownValue(variable, at(variable, ownValue(variable, scenario)))).toBe(
      ownValue(variable, scenario),
    );
  }
});

test("[PN9] seats and admission exclude values, where everybody must be in and nobody leaves", () => {
  expect(boundOf("replicas", loaded())).toEqual({
    value: 4,
    why: "999 clients must be in, and a node seats 200",
  });
  expect(boundOf("clients", loaded())!.value).toBe(1_202);
  expect(boundOf("joins-per-sec", loaded())).toBeUndefined();
  expect(boundOf("replicas", loaded("clients.leaves.meanDuration=5m"))).toBeUndefined();
  const slow = ["cluster.nodes.admission.rate=1/s", "cluster.nodes.admission.burst=9"];
  // 9 at once and one a second for 90 s: 99 on each node.
  expect(boundOf("replicas", loaded(...slow))).toEqual({
    value: 10,
    why: "999 clients must be let in within 90 s, and a node admits 1 a second",
  });
});

test.each([
  ["node", 56, 3, 57],
  ["zone", 56, 3, 84],
  ["zone", 57, 3, 86],
  ["zone", 4, 2, 8],
] as const)(
  "[PN10] with a %s lost, %i nodes are left of the least number in %i zones",
  (what, least, zones, count) => {
    expect(leastWith(what, least, zones)).toBe(count);
    expect(count - lostOf(what, count, zones)).toBeGreaterThanOrEqual(least);
    expect(count - 1 - lostOf(what, count - 1, zones)).toBeLessThan(least);
  },
);

test("[PN10] a loss from the beginning is a smaller cluster; one in the middle is a fault, and who lost his node must come back", () => {
  const gone = withLoss(loaded(), { what: "zone", when: "beginning" });
  expect([gone.scenario.cluster.nodes.count, gone.budgets.length]).toEqual([4, 1]);

  const dying = withLoss(loaded(), { what: "zone", when: "middle" });
  expect(dying.scenario.faults).toEqual([
    { kind: "zone-loss", name: "planned-loss", atMs: 50_000, zone: 0 },
  ]);
  expect(dying.budgets.map(({ id }) => id)).toEqual(["join-success", "plan-return"]);
  const again = withLoss(dying, { what: "node", when: "middle" });
  expect(again.budgets).toHaveLength(2);
  expect(again.scenario.faults[1]).toMatchObject({ kind: "node-crash", atMs: 50_000 });
});

test("[PN14] where no check says who must get in, the plan does, and arithmetic knows it", () => {
  const silent = { ...loaded(), budgets: [] };
  const asked = withAdmission(silent);

  expect(boundOf("replicas", silent)).toBeUndefined();
  expect(asked.budgets.map(({ id }) => id)).toEqual(["plan-join"]);
  expect(boundOf("replicas", asked)).toEqual(boundOf("replicas", loaded()));
  expect(withAdmission(loaded()).budgets).toEqual(loaded().budgets);
  const warned = loaded().budgets.map((budget) => ({ ...budget, severity: "warn" as const }));
  expect(withAdmission({ ...silent, budgets: warned }).budgets).toHaveLength(2);
});
