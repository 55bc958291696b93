// Laws over many seeds: what no table of cases can promise.

import fc from "fast-check";
import { expect, test } from "vitest";
import { HpaController, type HpaOptions } from "./controller.ts";
import type { Decision } from "./decision.ts";
import type { Behavior, HpaSpec, MetricSpec, ScalingRules } from "./spec.ts";
import { KUBERNETES_VERSIONS, type KubernetesVersion } from "./version.ts";
import { podsNamed } from "./specimens.ts";

const SEED = { seed: 20_260_504, numRuns: 150 };
const S = 1_000;
const TARGET = 1_700;

const kinds: readonly MetricSpec[] = [
  { type: "Pods", metric: "connections", target: { averageValueMilli: BigInt(TARGET) * 1_000n } },
  {
    type: "External",
    metric: "connections",
    target: { type: "AverageValue", averageValueMilli: BigInt(TARGET) * 1_000n },
  },
];
const policies = fc.array(
  fc.record({
    type: fc.constantFrom("Pods" as const, "Percent" as const),
    value: fc.integer({ min: 1, max: 200 }),
    periodMs: fc.constantFrom(15 * S, 30 * S, 60 * S, 120 * S),
  }),
  { minLength: 1, maxLength: 3 },
);
const rules: fc.Arbitrary<ScalingRules> = fc.record(
  {
    stabilizationWindowMs: fc.constantFrom(0, 30 * S, 120 * S),
    selectPolicy: fc.constantFrom("Max" as const, "Min" as const, "Disabled" as const),
    policies,
  },
  { requiredKeys: [] },
);
const behaviors: fc.Arbitrary<Behavior | undefined> = fc.option(
  fc.record({ scaleUp: rules, scaleDown: rules }, { requiredKeys: [] }),
  { nil: undefined },
);
const range = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 60 }))
  .map(([minReplicas, more]) => ({ minReplicas, maxReplicas: minReplicas + more }));
const versions = fc.constantFrom(...KUBERNETES_VERSIONS);
const metric = fc.constantFrom(...kinds);
/** Connections in all, one per reconcile. */
const loads = fc.array(fc.integer({ min: 0, max: 150_000 }), { minLength: 1, maxLength: 40 });

interface Setting {
  readonly version: KubernetesVersion;
  readonly options?: HpaOptions;
}

/** Reconciles on a grid of 15 s; pods follow the scale at once and share the load evenly. */
function run(spec: HpaSpec, from: number, totals: readonly number[], setting: Setting): Decision[] {
  const controller = new HpaController(spec, setting.version, setting.options);
  let replicas = from;
  return totals.map((total, i) => {
    const decision = controller.tick(i * 15 * S, observed(controller, replicas, total));
    replicas = decision.replicas!; // The scale can be read.
    return decision;
  });
}

function observed(controller: HpaController, replicas: number, total: number) {
  const pods = podsNamed(replicas);
  const each = replicas === 0 ? 0n : (BigInt(total) * 1_000n) / BigInt(replicas);
  const sample = { valueMilli: each, atMs: 0, windowMs: 30 * S };
  const readings = controller.spec.metrics.map(({ type }) =>
    type === "Pods"
      ? { kind: "samples" as const, samples: new Map(pods.map(({ name }) => [name, sample])) }
      : { kind: "series" as const, valuesMilli: [BigInt(total) * 1_000n] },
  );
  return { scale: { specReplicas: replicas, statusReplicas: replicas }, pods, metrics: readings };
}

const before = ({ scale }: Decision): number => scale?.specReplicas ?? 0;
const optional = (behavior: Behavior | undefined) => (behavior === undefined ? {} : { behavior });

test("[HP23] from the first reconcile on every count lies within min and max", () => {
  fc.assert(
    fc.property(
      range,
      behaviors,
      fc.integer({ min: 1, max: 90 }),
      loads,
      versions,
      metric,
      (limits, behavior, from, totals, version, one) => {
        const spec = { ...limits, ...optional(behavior), metrics: [one] };
        for (const { replicas = 0 } of run(spec, from, totals, { version })) {
          expect(replicas).toBeGreaterThanOrEqual(limits.minReplicas);
          expect(replicas).toBeLessThanOrEqual(limits.maxReplicas);
        }
      },
    ),
    SEED,
  );
});

test("[HP23] at the target and within tolerance nothing ever changes", () => {
  const near = fc.double({ min: 0.901, max: 1.099, noNaN: true });
  fc.assert(
    fc.property(
      behaviors,
      fc.integer({ min: 1, max: 50 }),
      fc.array(near, { minLength: 1, maxLength: 20 }),
      versions,
      metric,
      (behavior, from, ratios, version, one) => {
        const spec = { minReplicas: 1, maxReplicas: 50, ...optional(behavior), metrics: [one] };
        const totals = [1, ...ratios].map((ratio) => Math.round(from * TARGET * ratio));
        for (const decision of run(spec, from, totals, { version })) {
          expect(decision).toMatchObject({ rescaled: false, replicas: from });
        }
      },
    ),
    SEED,
  );
});

test("[HP23] one reconcile: a higher metric never asks for fewer replicas", () => {
  const history = fc.array(
    fc.record({
      replicas: fc.integer({ min: 1, max: 80 }),
      atMs: fc.integer({ min: -400, max: -1 }).map((s) => s * S),
    }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(
      range,
      behaviors,
      history,
      fc.double({ min: 0, max: 1, noNaN: true }),
      loads,
      versions,
      metric,
      (limits, behavior, recommendations, share, totals, version, one) => {
        const spec = { ...limits, ...optional(behavior), metrics: [one] };
        const from =
          limits.minReplicas + Math.round(share * (limits.maxReplicas - limits.minReplicas));
        const options = { memory: { recommendations } };
        const answers = totals
          .toSorted((a, b) => a - b)
          .map((total) => run(spec, from, [total], { version, options })[0].replicas!);
        expect(answers).toEqual(answers.toSorted((a, b) => a - b));
      },
    ),
    SEED,
  );
});

test("[HP13] stabilization never goes below what was proposed within the down window, nor above the up window's", () => {
  const windows = fc.constantFrom(0, 30 * S, 60 * S, 300 * S);
  fc.assert(
    fc.property(windows, windows, loads, metric, (upMs, downMs, totals, one) => {
      const behavior = {
        scaleUp: { stabilizationWindowMs: upMs },
        scaleDown: { stabilizationWindowMs: downMs },
      };
      const spec = { minReplicas: 1, maxReplicas: 100, behavior, metrics: [one] };
      const decisions = run(spec, 10, totals, { version: "1.35" });
      decisions.forEach((decision, i) => {
        const { atMs, replicas = 0, trace } = decision;
        const lately = (windowMs: number): readonly number[] =>
          decisions
            .slice(0, i)
            .filter((one) => one.atMs > atMs - windowMs)
            .map((one) => one.trace.raw ?? 0);
        const bounded = (raw: number): number => Math.min(Math.max(raw, 1), 100);
        const { raw = 0 } = trace;
        if (replicas < before(decision)) {
          expect(replicas).toBeGreaterThanOrEqual(
            Math.max(...[raw, ...lately(downMs)].map(bounded)),
          );
        }
        if (replicas > before(decision)) {
          expect(replicas).toBeLessThanOrEqual(Math.min(...[raw, ...lately(upMs)].map(bounded)));
        }
      });
    }),
    SEED,
  );
});

test("[HP12] without behaviour nothing falls below the greatest proposal of five minutes, nor more than doubles", () => {
  fc.assert(
    fc.property(loads, versions, metric, (totals, version, one) => {
      const spec = { minReplicas: 1, maxReplicas: 100, metrics: [one] };
      const decisions = run(spec, 10, totals, { version });
      decisions.forEach((decision, i) => {
        const { atMs, replicas = 0 } = decision;
        const recent = decisions.slice(0, i + 1).filter((one) => one.atMs >= atMs - 300 * S);
        const greatest = Math.max(...recent.map(({ trace }) => trace.raw ?? 0));
        if (replicas < before(decision)) {
          expect(replicas).toBeGreaterThanOrEqual(Math.min(greatest, 100));
        }
        expect(replicas).toBeLessThanOrEqual(Math.max(2 * before(decision), 4));
      });
    }),
    SEED,
  );
});

test("[HP15] a step goes no further than the policy from where the replicas were a period ago", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(30 * S, 60 * S, 90 * S),
      loads,
      metric,
      (value, periodMs, totals, one) => {
        const only = { policies: [{ type: "Pods" as const, value, periodMs }] };
        const behavior = {
          scaleUp: only,
          scaleDown: { ...only, stabilizationWindowMs: 0 },
        };
        const spec = { minReplicas: 1, maxReplicas: 100, behavior, metrics: [one] };
        const decisions = run(spec, 20, totals, { version: "1.36" });
        for (const decision of decisions) {
          const { atMs, replicas = 0 } = decision;
          const first = decisions.find((one) => one.atMs > atMs - periodMs)!; // This one at the latest.
          const change = replicas - before(first);
          if (replicas > before(decision)) expect(change).toBeLessThanOrEqual(value);
          if (replicas < before(decision)) expect(change).toBeGreaterThanOrEqual(-value);
        }
      },
    ),
    SEED,
  );
});

test("[HP22] every decision says why, in plain values", () => {
  fc.assert(
    fc.property(
      range,
      behaviors,
      loads,
      versions,
      metric,
      (limits, behavior, totals, version, one) => {
        const spec = { ...limits, ...optional(behavior), metrics: [one] };
        for (const decision of run(spec, limits.minReplicas, totals, { version })) {
          const { trace, reason, replicas } = decision;
          expect(JSON.parse(JSON.stringify(trace)).final).toBe(replicas);
          expect(reason).toContain(String(replicas));
          expect(reason).not.toMatch(/undefined|NaN|\[object/);
        }
      },
    ),
    SEED,
  );
});
