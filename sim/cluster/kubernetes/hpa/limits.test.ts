import { expect, test } from "vitest";
import { stabilizedBothWays, stabilizedDown } from "./history.ts";
import { downLimit, limitedByDoubling, limitedByPolicies, upLimit } from "./limits.ts";
import { NO_EVENTS, type ScaleEvent, replicasAtStart, withEvent } from "./scale-events.ts";
import { type ScalingRules, filled, filledBehavior } from "./spec.ts";
import { DEFAULT_FLAGS, rulesOf } from "./version.ts";

const S = 1_000;
const up = (scaleUp: ScalingRules) => filledBehavior({ scaleUp }).scaleUp;
const down = (scaleDown: ScalingRules) => filledBehavior({ scaleDown }).scaleDown;
const event = (change: number, atMs: number): ScaleEvent => ({ change, atMs, isOutdated: false });

test("[HP4] a behaviour that is present is filled field by field, one that is absent stays so", () => {
  expect(filled({ maxReplicas: 9 })).toEqual({
    minReplicas: 1,
    maxReplicas: 9,
    metrics: [
      {
        type: "Resource",
        resource: "cpu",
        target: { type: "Utilization", averageUtilization: 80 },
      },
    ],
    behavior: undefined,
  });
  const policies = [{ type: "Pods", value: 1, periodMs: 60_000 }] as const;
  const { behavior } = filled({ maxReplicas: 9, behavior: { scaleDown: { policies } } });

  expect(behavior?.scaleUp.policies.map(({ type, value }) => [type, value])).toEqual([
    ["Pods", 4],
    ["Percent", 100],
  ]);
  expect(behavior?.scaleUp.stabilizationWindowMs).toBe(0);
  expect(behavior?.scaleDown.policies).toEqual(policies);
  expect(behavior?.scaleDown.stabilizationWindowMs).toBeUndefined();
});

test("[HP12] without behaviour an entry as old as the window holds, and reuse waits for an older one", () => {
  const history = [
    { replicas: 9, atMs: 0 },
    { replicas: 7, atMs: 1 },
    { replicas: 8, atMs: 0 },
  ];

  expect(stabilizedDown(history, 2, 300 * S, 300 * S).replicas).toBe(9);
  const later = stabilizedDown(history, 2, 300 * S, 300 * S + 1);
  expect(later.replicas).toBe(7);
  expect(later.history).toEqual([history[0], history[1], { replicas: 2, atMs: 300 * S + 1 }]);
});

test("[HP12] without behaviour one step goes to twice the spec or 4, min and max included", () => {
  const range = { minReplicas: 2, maxReplicas: 20 };
  const limited = (desired: number, spec: number) => {
    const { replicas, reason } = limitedByDoubling(desired, spec, range, DEFAULT_FLAGS);
    return [replicas, reason];
  };

  expect(limited(100, 1)).toEqual([4, "ScaleUpLimit"]);
  expect(limited(100, 9)).toEqual([18, "ScaleUpLimit"]);
  expect(limited(100, 10)).toEqual([20, "TooManyReplicas"]);
  expect(limited(1, 10)).toEqual([2, "TooFewReplicas"]);
  expect(limited(7, 10)).toEqual([7, "DesiredWithinRange"]);
});

test("[HP13] between the two bounds the count stays at the spec; as old as a window is outside", () => {
  const history = [
    { replicas: 3, atMs: 70 * S },
    { replicas: 12, atMs: 0 },
  ];
  const windows = { upMs: 60 * S, downMs: 120 * S };
  const at = (nowMs: number, raw: number, specReplicas: number) =>
    stabilizedBothWays(history, { raw, specReplicas }, windows, nowMs).replicas;

  expect(at(100 * S, 9, 5)).toBe(5); // Between 3 and 12.
  expect(at(119 * S, 2, 14)).toBe(12);
  expect(at(120 * S, 2, 14)).toBe(3);
  expect(at(129 * S, 9, 2)).toBe(3);
  expect(at(130 * S, 9, 2)).toBe(9);
});

test("[HP14] with behaviour a slot is reused when it is older than both windows", () => {
  const history = [
    { replicas: 1, atMs: 0 },
    { replicas: 2, atMs: 0 },
    { replicas: 3, atMs: 5 },
  ];
  const recorded = (nowMs: number) =>
    stabilizedBothWays(
      history,
      { raw: 8, specReplicas: 8 },
      { upMs: 10, downMs: 40 },
      nowMs,
    ).history.map(({ replicas }) => replicas);

  expect(recorded(40)).toEqual([1, 2, 3, 8]);
  expect(recorded(41)).toEqual([1, 8, 3]);
});

test("[HP15] a policy starts from the replicas of a period ago: events of both directions count", () => {
  const events = {
    ups: [event(5, 0), event(4, 20 * S)],
    downs: [event(3, 30 * S), event(9, -S)],
  };

  expect(replicasAtStart(20, events, 60 * S, 59 * S)).toBe(14);
  expect(replicasAtStart(20, events, 60 * S, 60 * S)).toBe(19); // As old as the period is out.
  const rules = up({ policies: [{ type: "Percent", value: 50, periodMs: 60 * S }] });
  expect(upLimit(20, rules, events, 60 * S).limit).toBe(29);
});

test("[HP15] Max is the policy that changes most, Min the one that changes least", () => {
  const policies = [
    { type: "Pods", value: 2, periodMs: S },
    { type: "Percent", value: 50, periodMs: S },
    { type: "Pods", value: 30, periodMs: S },
  ] as const;
  const limits = (selectPolicy: "Max" | "Min") => [
    upLimit(100, up({ selectPolicy, policies }), NO_EVENTS, 0).limit,
    downLimit(100, down({ selectPolicy, policies }), NO_EVENTS, 0).limit,
  ];

  expect(limits("Max")).toEqual([150, 50]);
  expect(limits("Min")).toEqual([102, 98]);
});

test("[HP15] Disabled stays at the spec, and the residue of doubles is kept", () => {
  const ten = [{ type: "Percent", value: 10, periodMs: S }] as const;
  const eighty = [{ type: "Percent", value: 80, periodMs: S }] as const;

  expect(upLimit(7, up({ selectPolicy: "Disabled" }), NO_EVENTS, 0).limit).toBe(7);
  expect(upLimit(100, up({ policies: ten }), NO_EVENTS, 0).limit).toBe(111);
  expect(downLimit(10, down({ policies: eighty }), NO_EVENTS, 0).limit).toBe(1);
});

test("[HP15] the default policies allow 5 from 1 and 7 from 3, the older path 4 and 6", () => {
  const range = { minReplicas: 1, maxReplicas: 100 };
  const behavior = filledBehavior({});
  const both = (spec: number) => [
    limitedByPolicies(100, spec, range, behavior, NO_EVENTS, 0).replicas,
    limitedByDoubling(100, spec, range, DEFAULT_FLAGS).replicas,
  ];

  expect([1, 3, 4, 10].map(both)).toEqual([
    [5, 4],
    [7, 6],
    [8, 8],
    [20, 20],
  ]);
});

test("[HP15] a rate limit that equals max or min is told as TooMany or TooFew", () => {
  const behavior = filledBehavior({});
  const limited = (desired: number, minReplicas: number, maxReplicas: number) =>
    limitedByPolicies(desired, 10, { minReplicas, maxReplicas }, behavior, NO_EVENTS, 0).reason;

  expect(limited(50, 1, 20)).toBe("TooManyReplicas");
  expect(limited(50, 1, 21)).toBe("ScaleUpLimit");
  expect(limited(-1, 0, 20)).toBe("TooFewReplicas");
});

test("[HP16] one outdated slot is reused per event, the last one; others stay and may count again", () => {
  const rules = { policies: [{ type: "Pods", value: 1, periodMs: 60 * S }] } as const;
  const before = [event(1, 0), event(2, 10 * S), event(3, 40 * S)];
  const after = withEvent(before, 9, rules, 71 * S);

  expect(after).toEqual([
    { change: 1, atMs: 0, isOutdated: true },
    { change: 9, atMs: 71 * S, isOutdated: false },
    { change: 3, atMs: 40 * S, isOutdated: false },
  ]);
  expect(replicasAtStart(20, { ups: after, downs: [] }, 100 * S, 71 * S)).toBe(7);
  expect(withEvent(before, 9, rules, 60 * S).map(({ change }) => change)).toEqual([1, 2, 3, 9]);
});

test("[HP9, HP18] a release has its gates, and none that it does not know", () => {
  const asked = { gates: { configurableTolerance: true, scaleToZero: true } };

  expect(rulesOf("1.32", asked).gates).toMatchObject({
    configurableTolerance: false,
    scaleToZero: true,
  });
  expect(rulesOf("1.33", asked).gates).toMatchObject({ configurableTolerance: true });
  expect(rulesOf("1.33").gates).toMatchObject({ configurableTolerance: false });
  expect(rulesOf("1.35").gates).toEqual({
    configurableTolerance: true,
    scaleToZero: false,
    podLevelResources: true,
  });
});
