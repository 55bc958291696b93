import { expect, test } from "vitest";
import type { Budget } from "../../scenarios/budget.ts";
import { parseExpression } from "../../scenarios/expression.ts";
import { load, SMALL } from "../../scenarios/fixtures.ts";
import { shapeOf, type ManifestShape } from "../../sim/planner/tuning/manifest-shape.ts";
import type { TrialSummary } from "../trial.ts";
import { outcomeOf, tuned, TuningWorld } from "./tuning-world.ts";

const CURRENT: ManifestShape = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "nodes" },
  spec: {
    scaleTargetRef: { kind: "StatefulSet", name: "stormglass-node" },
    minReplicas: 3,
    maxReplicas: 20,
    metrics: [
      {
        type: "Pods",
        pods: {
          metric: { name: "active_websocket_connections" },
          target: { type: "AverageValue", averageValue: "1500" },
        },
      },
    ],
  },
};

const budget = (changes: Partial<Budget>): Budget => ({
  id: "success",
  title: "",
  metric: parseExpression("value(join.success.ratio)")!, // Of the form.
  window: "run",
  op: ">=",
  limit: { kind: "absolute", value: 0.99, unit: "ratio" },
  limitText: "99%",
  gate: { kind: "every-seed" },
  severity: "fail",
  versus: undefined,
  source: { file: "b.yaml", line: 1, column: 1 },
  ...changes,
});
const paired = budget({
  id: "slower",
  metric: parseExpression("p99(join.latency)")!, // Of the form.
  op: "<=",
  limit: { kind: "paired", factor: 1.5, floor: 0 },
  versus: "kill-node",
});
const summary = (changes: Partial<TrialSummary>): TrialSummary => ({
  scenario: "small",
  seed: 4,
  variant: "full",
  digest: "d",
  eventCount: 1,
  simulatedMs: 60_000,
  broken: [],
  measures: { success: 0.995, slower: 120 },
  values: { "value(pod.hours)@run": 2.5, "value(hpa.flaps)@run": 1 },
  findings: [],
  ...changes,
});

test("[TU18] a scenario begins with as many nodes as the manifest could have left", () => {
  const { scenario } = load({ "small.yaml": SMALL });
  const began = (initialReplicas: number | undefined): number | undefined => {
    const autoscaling = { ...scenario.autoscaling, ...(initialReplicas && { initialReplicas }) };
    return tuned({ ...scenario, autoscaling }, CURRENT, CURRENT.spec).autoscaling.initialReplicas;
  };

  expect([undefined, 1, 7, 59].map(began)).toEqual([undefined, 3, 7, 20]);
});

test("[TU18] the search runs the model and its pairs, the verification the full size", () => {
  const loaded = { ...load({ "small.yaml": SMALL }), budgets: [budget({}), paired] };
  const world = new TuningWorld([{ loaded, scale: 10 }], CURRENT);
  const trial = { candidate: 0, scenario: 0, seed: 4 };
  const [model, pair] = world.trialsOf(CURRENT.spec, trial, false);
  const [full] = world.trialsOf(CURRENT.spec, trial, true);

  expect([model?.variant, pair?.variant, model?.seed]).toEqual(["full", "without:kill-node", 4]);
  expect(model?.scenario.clients.total).toBe(100);
  expect(full?.scenario.clients.total).toBe(1_000);
  expect(world.trialsOf(CURRENT.spec, trial, true)[0]?.scenario).toBe(full?.scenario);
  expect(shapeOf(full!.scenario.autoscaling.hpa!)).toEqual(CURRENT);
});

test("[TU9] an outcome has the checks that can fail, each with the limit of its own seed", () => {
  const warning = budget({ id: "warned", severity: "warn" });
  const pair = summary({ variant: "without:kill-node", measures: { slower: 100 } });
  const outcome = outcomeOf([budget({}), warning, paired], [summary({}), pair]);

  expect(outcome).toMatchObject({ nodeHours: 2.5, flaps: 1, isBroken: false });
  expect(outcome.checks.map(({ id, value, limit }) => [id, value, limit])).toEqual([
    ["success", 0.995, 0.99],
    ["slower", 120, 150],
  ]);
});

test("[TU9] a run that ended early, or a pair that did, is broken", () => {
  const early = { endedEarly: "events", measures: {}, values: {} } as const;
  const pair = summary({ variant: "without:kill-node" });

  expect(outcomeOf([budget({})], [summary(early)]).isBroken).toBe(true);
  expect(outcomeOf([paired], [summary({}), { ...pair, ...early }]).isBroken).toBe(true);
});
