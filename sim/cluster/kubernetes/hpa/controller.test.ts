import { expect, test } from "vitest";
import { HpaController, type HpaOptions } from "./controller.ts";
import type { Decision, Observation } from "./decision.ts";
import type { HpaSpec, MetricSpec } from "./spec.ts";
import type { KubernetesVersion } from "./version.ts";
import { podsNamed, samples } from "./specimens.ts";

const S = 1_000;
const SESSIONS: MetricSpec = {
  type: "External",
  metric: "sessions",
  target: { type: "AverageValue", averageValueMilli: 1_000n },
};
const QUEUE: MetricSpec = {
  type: "Object",
  metric: "queue",
  objectKind: "Service",
  target: { type: "AverageValue", averageValueMilli: 1_000n },
};
const SPEC: HpaSpec = { minReplicas: 2, maxReplicas: 40, metrics: [SESSIONS] };

/** A target whose pods follow its scale at once. */
class Target {
  readonly controller: HpaController;
  replicas: number;

  constructor(
    replicas: number,
    spec: HpaSpec,
    options: HpaOptions = {},
    version: KubernetesVersion = "1.37",
  ) {
    this.controller = new HpaController(spec, version, options);
    this.replicas = replicas;
  }

  /** One reconcile with so many sessions; undefined: the API is down. */
  tick(nowMs: number, sessions: number | undefined, more: Partial<Observation> = {}): Decision {
    const reading =
      sessions === undefined
        ? ({ kind: "failed", error: "down" } as const)
        : ({ kind: "series", valuesMilli: [BigInt(sessions) * 1_000n] } as const);
    const decision = this.controller.tick(nowMs, {
      scale: { specReplicas: this.replicas, statusReplicas: this.replicas },
      pods: podsNamed(this.replicas),
      metrics: [reading],
      ...more,
    });
    this.replicas = decision.replicas ?? this.replicas;
    return decision;
  }

  reasons(): readonly string[] {
    return this.controller.status.conditions.map(
      ({ type, status, reason }) => `${type} ${status} ${reason}`,
    );
  }
}

test("[HP10] of several metrics the greatest counts, and the first of equals names the reason", () => {
  const target = new Target(4, { ...SPEC, metrics: [SESSIONS, QUEUE] });
  const series = { kind: "series", valuesMilli: [7_000n] } as const;
  const ticked = (valueMilli: bigint) =>
    target.tick(0, 0, { metrics: [series, { kind: "value", valueMilli }] });

  expect(ticked(7_000n).events).toEqual([
    {
      type: "Normal",
      reason: "SuccessfulRescale",
      message: "New size: 7; reason: external metric sessions above target",
    },
  ]);
  expect(ticked(9_000n).events[0].message).toBe(
    "New size: 9; reason: Service metric queue above target",
  );
});

test("[HP10] a metric that fails blocks the way down and not the way up, and is an error either way", () => {
  const metrics = [SESSIONS, QUEUE];
  const down = { kind: "failed", error: "down" } as const;
  const ticked = (valueMilli: bigint) => {
    const target = new Target(10, { ...SPEC, metrics }, { status: { desiredReplicas: 10 } });
    const decision = target.tick(0, 0, { metrics: [down, { kind: "value", valueMilli }] });
    return { decision, target };
  };
  const blocked = ticked(5_000n);
  const held = ticked(10_000n);
  const grown = ticked(15_000n);

  expect([blocked, held, grown].map(({ target }) => target.replicas)).toEqual([10, 10, 15]);
  expect([blocked, held, grown].every(({ decision }) => decision.error !== undefined)).toBe(true);
  expect(blocked.target.reasons()).toEqual([
    "AbleToScale True SucceededGetScale",
    "ScalingActive False FailedGetExternalMetric",
  ]);
  expect(held.target.reasons()[1]).toBe("ScalingActive True ValidMetricFound");
  expect(blocked.target.controller.memory.recommendations).toEqual([{ replicas: 10, atMs: 0 }]); // The seed alone.
  expect(blocked.decision.events.map(({ reason }) => reason)).toEqual([
    "FailedGetExternalMetric",
    "FailedComputeMetricsReplicas",
  ]);
});

const SELECTORS = [
  ["missing", "InvalidSelector", "SelectorRequired"],
  ["unparsable", "InvalidSelector", "InvalidSelector"],
  ["ambiguous", "AmbiguousSelector", "AmbiguousSelector"],
] as const;

test.each(SELECTORS)(
  "[HP11] a selector that is %s fails before any metric",
  (selector, reason, event) => {
    const target = new Target(4, SPEC);
    const decision = target.tick(0, 100, { selector });

    expect(target.reasons()[1]).toBe(`ScalingActive False ${reason}`);
    expect(decision.events[0].reason).toBe(event);
    expect([target.replicas, decision.trace.metrics]).toEqual([4, []]);
  },
);

test("[HP14] history holds raw proposals: one of 50 pins a maximum of 10 until it ages out", () => {
  const target = new Target(5, { ...SPEC, maxReplicas: 10 });
  const replicas = [0, 15, 30, 315, 330].map((atS) => {
    target.tick(atS * S, atS === 15 ? 50 : 3);
    return target.replicas;
  });

  expect(replicas).toEqual([5, 10, 10, 10, 3]);
});

test("[HP14] a controller that never saw the HPA begins with its spec, one with an empty history does not", () => {
  const fresh = new Target(8, SPEC);
  const known = new Target(8, SPEC, { memory: { recommendations: [] } });
  fresh.tick(0, 3);
  known.tick(0, 3);

  expect([fresh.replicas, known.replicas]).toEqual([8, 3]);
  expect(fresh.reasons()[0]).toBe("AbleToScale True ScaleDownStabilized");
});

test("[HP16] an event is as young as the write's end, and manual changes are none", () => {
  const policies = [{ type: "Pods", value: 2, periodMs: 60 * S }] as const;
  const target = new Target(4, { ...SPEC, behavior: { scaleUp: { policies } } });
  target.tick(0, 30, { scaleWriteMs: 500 });
  target.replicas = 9;

  expect(target.controller.memory.events.ups).toEqual([
    { change: 2, atMs: 500, isOutdated: false },
  ]);
  expect(target.tick(60 * S, 30).rescaled).toBe(false); // From 7 a period ago, 9 is all.
  expect(target.tick(60 * S + 500, 30).replicas).toBe(11);
});

test("[HP17] outside min and max the spec goes there at once, and says nothing of metrics", () => {
  const behavior = { scaleDown: { selectPolicy: "Disabled" } } as const;
  const target = new Target(50, { ...SPEC, behavior }, {}, "1.36");
  const above = target.tick(0, undefined);
  target.replicas = 1;
  const below = target.tick(S, undefined);

  expect([above.replicas, below.replicas]).toEqual([40, 2]);
  expect([above, below].map(({ events }) => events[0].message)).toEqual([
    "New size: 40; reason: Current number of replicas above Spec.MaxReplicas",
    "New size: 2; reason: Current number of replicas below Spec.MinReplicas",
  ]);
  expect(target.reasons()).toEqual(["AbleToScale True SucceededRescale"]);
  expect(target.controller.memory.recommendations).toEqual([{ replicas: 50, atMs: 0 }]);
  expect(target.controller.memory.events.downs.map(({ change }) => change)).toEqual([10]);
});

test("[HP17] 0 replicas with a minimum above are switched off", () => {
  const target = new Target(0, SPEC);
  const decision = target.tick(0, 100);

  expect([decision.rescaled, decision.status.desiredReplicas]).toEqual([false, 0]);
  expect(target.reasons()[1]).toBe("ScalingActive False ScalingDisabled");
  expect(decision.reason).toBe("0 replicas: switched off until the scale is set above 0");
});

test("[HP18] from 1.37 on only the autoscaler's own zero is left; before, a minimum of 0 is enough", () => {
  const spec = { ...SPEC, minReplicas: 0 };
  const known = { memory: { recommendations: [] } };
  const own = new Target(3, spec, known);
  own.tick(0, 0);
  const atZero = own.reasons().at(-1);
  own.tick(15 * S, 6);
  const manual = new Target(0, spec, known);
  manual.tick(0, 6);
  const older = new Target(0, spec, { ...known, gates: { scaleToZero: true } }, "1.36");
  older.tick(0, 6);

  expect(atZero).toBe("ScaledToZero True ScaledToZero");
  expect([own.replicas, manual.replicas, older.replicas]).toEqual([4, 0, 4]);
  expect(own.reasons().at(-1)).toBe("ScaledToZero False NotScaledToZero");
  expect(older.reasons().some((reason) => reason.startsWith("ScaledToZero"))).toBe(false);
});

test("[HP18] only a step to 0, with a minimum of 0 and a metric not from pods, is remembered", () => {
  const known = { memory: { recommendations: [] } };
  const own = {
    conditions: [
      { type: "ScaledToZero", status: "True", reason: "ScaledToZero", message: "", changedAtMs: 0 },
    ],
  } as const;
  const target = { averageValueMilli: 1_000n };
  const ofPods: HpaSpec = {
    minReplicas: 0,
    maxReplicas: 9,
    metrics: [{ type: "Pods", metric: "m", target }],
  };
  const smaller = new Target(8, { ...SPEC, minReplicas: 0 }, known);
  smaller.tick(0, 3);
  const zeroed = new Target(3, ofPods, known);
  zeroed.tick(0, 0, { metrics: [samples({ "pod-0": 0n, "pod-1": 0n, "pod-2": 0n })] });
  const stuck = new Target(0, ofPods, { ...known, status: own });
  stuck.tick(0, 9);

  expect([smaller.replicas, smaller.reasons().at(-1)]).toEqual([
    3,
    "ScaledToZero False NotScaledToZero",
  ]);
  expect([zeroed.replicas, zeroed.reasons().at(-1)]).toEqual([
    0,
    "ScaledToZero False NotScaledToZero",
  ]);
  expect(stuck.reasons()).toContain("ScalingActive False ScalingDisabled");
});

test("[HP10] when no proposal is had the status keeps what it desired", () => {
  const target = new Target(6, SPEC, { status: { desiredReplicas: 9, currentReplicas: 4 } });
  const { status } = target.tick(0, undefined);

  expect(status).toMatchObject({ desiredReplicas: 9, currentReplicas: 6 });
  expect(status.currentMetrics[0].error).toMatch(/external metrics API: down$/);
});

test("[HP18] back from its own zero it goes to a minimum that was raised meanwhile", () => {
  const spec = { ...SPEC, minReplicas: 0, behavior: {} };
  const target = new Target(3, spec, { memory: { recommendations: [] } });
  target.tick(0, 0);
  target.controller.specChanged({ ...spec, minReplicas: 6 });

  expect(target.tick(15 * S, 1).replicas).toBe(6);
});

test("[HP19] a condition's time is when its status turned, not when its reason changed", () => {
  const target = new Target(4, { ...SPEC, maxReplicas: 6 });
  const limited = () =>
    target.controller.status.conditions.find(({ type }) => type === "ScalingLimited");
  target.tick(0, 5);
  expect(limited()).toMatchObject({ status: "False", changedAtMs: 0 });
  target.tick(15 * S, 9);
  expect(limited()).toMatchObject({ status: "True", reason: "TooManyReplicas" });
  target.tick(30 * S, 9);

  expect(limited()).toMatchObject({ status: "True", changedAtMs: 15 * S });
  expect(target.controller.status.conditions[0]).toMatchObject({
    type: "AbleToScale",
    reason: "ReadyForNewScale",
    changedAtMs: 0,
  });
});

test("[HP19] being held by a window leaves ScalingLimited False", () => {
  const target = new Target(8, SPEC);
  const decision = target.tick(0, 1);

  expect(target.reasons()).toContain("ScalingLimited False DesiredWithinRange");
  expect(decision.trace.stabilization).toMatchObject({ high: 8, stabilized: 8 });
});

test("[HP20] a failed write keeps the old desire and no event; a conflict is tried again from 1.37 on", () => {
  const spec = { ...SPEC, behavior: {} };
  const failed = new Target(4, spec, { status: { desiredReplicas: 4 } });
  const decision = failed.tick(0, 6, { scaleWrite: "fails" });
  const newer = new Target(4, spec, {}, "1.37");
  const older = new Target(4, spec, {}, "1.36");
  newer.tick(0, 6, { scaleWrite: "conflicts once" });
  older.tick(0, 6, { scaleWrite: "conflicts once" });

  expect(decision).toMatchObject({ rescaled: false, status: { desiredReplicas: 4 } });
  expect(decision.events.map(({ reason }) => reason)).toEqual(["FailedRescale"]);
  expect(decision.reason).toMatch(/^4 stay, 6 could not be written: /);
  expect(failed.reasons()[0]).toBe("AbleToScale False FailedUpdateScale");
  expect(failed.controller.memory.events.ups).toEqual([]);
  expect(failed.controller.memory.recommendations?.at(-1)).toEqual({ replicas: 6, atMs: 0 });
  expect([newer.replicas, older.replicas]).toEqual([6, 4]);
});

test("[HP20] a scale that cannot be read is an error, and nothing else is done", () => {
  const target = new Target(4, SPEC, { status: { desiredReplicas: 4 } });
  const decision = target.tick(0, 9, { scale: { error: "no such target" } });

  expect(decision).toMatchObject({ rescaled: false, error: "no such target", replicas: undefined });
  expect(target.reasons()).toEqual(["AbleToScale False FailedGetScale"]);
  expect(target.controller.memory.recommendations).toBeUndefined();
});

test("[HP21] a restart loses the history and begins again with the spec", () => {
  const target = new Target(9, { ...SPEC, behavior: {} }, {}, "1.36");
  target.tick(0, 12);
  target.tick(15 * S, 3);
  target.replicas = 6; // Somebody else's doing.
  target.controller.restarted();
  target.tick(30 * S, 3);

  expect(target.replicas).toBe(6);
  expect(target.controller.memory.recommendations?.map(({ replicas }) => replicas)).toEqual([6, 3]);
  expect(target.controller.memory.events).toEqual({ ups: [], downs: [] });
  expect(target.reasons().length).toBe(3);
});

test("[HP22] the trace and the words tell how a count came about", () => {
  const target = new Target(10, { ...SPEC, behavior: {} });
  const decision = target.tick(0, 35);

  expect(JSON.parse(JSON.stringify(decision.trace))).toEqual(
    JSON.parse(
      JSON.stringify({
        mode: "metrics",
        metrics: [
          {
            name: "external metric sessions",
            type: "External",
            target: "1 a pod",
            toleranceDownRatio: 0.1,
            toleranceUpRatio: 0.1,
            usageMilli: 3_500,
            ratio: 3.5,
            countedPods: 10,
            proposal: 35,
            reason:
              "external metric sessions: 3.5 of 1 a pod, ratio 3.5 for 10 replicas of the status: value ÷ target is 35",
          },
        ],
        raw: 35,
        winner: "external metric sessions",
        stabilization: {
          upWindowMs: 0,
          downWindowMs: 300_000,
          low: 35,
          high: 35,
          stabilized: 35,
          reason: "no earlier proposal holds 35 back",
        },
        rate: {
          direction: "up",
          selectPolicy: "Max",
          policies: [
            { type: "Pods", value: 4, periodMs: 15_000, startReplicas: 10, limit: 14 },
            { type: "Percent", value: 100, periodMs: 15_000, startReplicas: 10, limit: 20 },
          ],
          limit: 20,
          reason: "Max of 4 pods in 15 s (from 10: 14), 100 % in 15 s (from 10: 20) allows 20",
        },
        limits: { minReplicas: 2, maxReplicas: 40, reason: "ScaleUpLimit" },
        final: 20,
      }),
    ),
  );
  expect(decision.reason).toBe(
    "10 → 20: external metric sessions: 3.5 of 1 a pod, ratio 3.5 for 10 replicas of the status: " +
      "value ÷ target is 35; Max of 4 pods in 15 s (from 10: 14), 100 % in 15 s (from 10: 20) allows 20",
  );
});

test("[HP22] of no replicas there is no ratio, and the trace still survives JSON", () => {
  const target = new Target(3, SPEC);
  const scale = { specReplicas: 3, statusReplicas: 0 };
  const { trace, reason } = target.tick(0, 5, { scale });

  expect([trace.metrics[0].ratio, trace.raw]).toEqual([undefined, 5]);
  expect(reason).toBe(
    "3 → 5: external metric sessions: 0 of 1 a pod, ratio none for 0 replicas of the status: value ÷ target is 5",
  );
});
