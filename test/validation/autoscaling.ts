// The HPA's published rules and timelines, from the controller alone.
//
// The cluster around it is as plain as the targets': a reconcile every 15 s to the millisecond, pods that are ready so
// many reconciles after they were asked for, and a load that is spread evenly in an instant.

import { HpaController } from "../../sim/cluster/kubernetes/hpa/controller.ts";
import type { Decision } from "../../sim/cluster/kubernetes/hpa/decision.ts";
import {
  type FilledRules,
  type HpaSpec,
  filledBehavior,
} from "../../sim/cluster/kubernetes/hpa/spec.ts";
import { pod, samples, usages } from "../../sim/cluster/kubernetes/hpa/specimens.ts";
import { DEFAULT_FLAGS, type KubernetesVersion } from "../../sim/cluster/kubernetes/hpa/version.ts";
import { type Measured, type Target, type Value, parameterOf } from "./target.ts";

const SYNC_MS = DEFAULT_FLAGS.syncPeriodMs;
/** After so many reconciles without a change, there will be none. */
const LONG = 60;

function connections(target: number, more: Partial<HpaSpec> = {}): HpaSpec {
  const averageValueMilli = BigInt(target) * 1_000n;
  return {
    minReplicas: 1,
    maxReplicas: 1_000,
    metrics: [
      { type: "Pods", metric: "active_websocket_connections", target: { averageValueMilli } },
    ],
    ...more,
  };
}

interface Pods {
  readonly ready: number;
  readonly pending?: number;
  /** Connections of each ready pod. */
  readonly each: number;
}

function tick(
  controller: HpaController,
  nowMs: number,
  { ready, pending = 0, each }: Pods,
): Decision {
  const names = Array.from({ length: ready }, (_, i) => `pod-${i}`);
  const waiting = Array.from({ length: pending }, (_, i) => `new-${i}`);
  const replicas = ready + pending;
  const milli = BigInt(Math.round(each * 1_000));
  return controller.tick(nowMs, {
    scale: { specReplicas: replicas, statusReplicas: replicas },
    pods: [
      ...names.map((name) => pod(name)),
      ...waiting.map((name) => pod(name, { phase: "Pending" })),
    ],
    metrics: [samples(Object.fromEntries(names.map((name) => [name, milli])))],
  });
}

const computed = (values: Measured["values"], without: Measured["without"] = {}): Measured => ({
  by: "computation",
  values,
  without,
});

export function ratio(target: Target): Measured {
  const controller = new HpaController(connections(parameterOf(target, "target")), "1.35");
  const pods = { ready: parameterOf(target, "ready"), each: parameterOf(target, "avg") };
  return computed({ desired: tick(controller, 0, pods).trace.raw ?? NaN });
}

export function toleranceBoundary(target: Target): Measured {
  const spec = connections(parameterOf(target, "target"));
  const pods = { ready: parameterOf(target, "ready"), each: parameterOf(target, "avg") };
  const desired = (version: KubernetesVersion): number =>
    tick(new HpaController(spec, version), 0, pods).replicas ?? NaN;
  return computed({ old_formula: desired("1.32"), new_formula: desired("1.33") });
}

export function defaults(): Measured {
  const { scaleUp, scaleDown } = filledBehavior({});
  const windowS = ({ stabilizationWindowMs }: FilledRules): number =>
    (stabilizationWindowMs ?? DEFAULT_FLAGS.downscaleStabilizationMs) / 1_000;
  const policies = (rules: FilledRules): readonly string[] =>
    rules.policies.map(({ type, value, periodMs }) => `${type} ${value} / ${periodMs / 1_000} s`);
  const up: Value = {
    stabilization_s: windowS(scaleUp),
    policies: policies(scaleUp),
    select: scaleUp.selectPolicy,
  };
  const down: Value = { stabilization_s: windowS(scaleDown), policies: policies(scaleDown) };
  return computed({ scaleUp: up, scaleDown: down });
}

/** Both without behaviour and with the default one. */
export function doubling(target: Target): Measured {
  const limits = {
    minReplicas: parameterOf(target, "min"),
    maxReplicas: parameterOf(target, "max"),
  };
  const demand = 108_801; // As the target's model says.
  const paths = [{}, { behavior: {} }].map((more) => {
    const controller = new HpaController(connections(1_700, { ...limits, ...more }), "1.35");
    return follow(controller, { from: limits.minReplicas, demand, unreadySyncs: 0 });
  });
  const [path] = paths;
  const same = paths.every(({ sequence }) => String(sequence) === String(path.sequence));
  return computed({
    sequence: same ? path.sequence : [],
    seconds_after_first_sync: path.lastChangeMs / 1_000,
  });
}

interface Load {
  readonly from: number;
  /** Connections that want in. */
  readonly demand: number;
  /** Connections that a pod admits; default all. */
  readonly perPod?: number;
  /** At how many reconciles a new pod is not ready yet. */
  readonly unreadySyncs: number;
}

interface Path {
  /** The counts, each once. */
  readonly sequence: readonly number[];
  /** Since the first reconcile. */
  readonly lastChangeMs: number;
}

/** Until the demand fits, or nothing changes any more. */
function follow(controller: HpaController, load: Load): Path {
  const { from, demand, perPod = Infinity, unreadySyncs } = load;
  const sequence = [from];
  const born = Array.from({ length: from }, () => -Infinity);
  let lastChangeMs = 0;
  for (let sync = 0; sync < lastChangeMs / SYNC_MS + LONG; sync += 1) {
    if (born.length * perPod >= demand && perPod !== Infinity) break;
    const ready = born.filter((at) => sync - at > unreadySyncs).length;
    const each = Math.min(perPod, demand / ready);
    const pods = { ready, pending: born.length - ready, each };
    const { replicas = born.length } = tick(controller, sync * SYNC_MS, pods);
    if (replicas === born.length) continue;
    while (born.length < replicas) born.push(sync);
    born.length = replicas;
    sequence.push(replicas);
    lastChangeMs = sync * SYNC_MS;
  }
  return { sequence, lastChangeMs };
}

export function policyOfAMinute(target: Target): Measured {
  const periodMs = parameterOf(target, "period_s") * 1_000;
  const policies = [
    { type: "Percent", value: 100, periodMs },
    { type: "Pods", value: 4, periodMs },
  ] as const;
  const controller = new HpaController(
    connections(1_700, { behavior: { scaleUp: { policies } } }),
    "1.35",
  );
  let ready = 8;
  const replicas = Array.from({ length: 9 }, (_, i) => {
    const atMs = i * parameterOf(target, "sync_s") * 1_000;
    ready = tick(controller, atMs, { ready, each: 1_000_000 }).replicas ?? ready;
    return ready;
  });
  return computed({ replicas_at_sync: replicas });
}

/** Only admitted connections are counted, so no pod ever reports more than it admits. */
export function saturatedMetric(target: Target): Measured {
  const perPod = parameterOf(target, "maxConnections");
  const wanted = parameterOf(target, "target");
  const from = parameterOf(target, "n0");
  const demand = parameterOf(target, "demand");
  const spec = connections(wanted, { minReplicas: from, maxReplicas: 64 });
  const [at0, at1, at2] = [0, 1, 2].map((unreadySyncs) =>
    follow(new HpaController(spec, "1.35"), { from, demand, perPod, unreadySyncs }),
  );
  const isStuck = at0.sequence.at(-1)! * perPod < demand; // It begins with `from`.
  const seconds = {
    seconds_ready_immediately: at0.lastChangeMs / 1_000,
    seconds_when_new_pods_unready_at_next_sync: at1.lastChangeMs / 1_000,
    seconds_when_unready_for_2_syncs: at2.lastChangeMs / 1_000,
  };
  const values = {
    ratio: perPod / wanted,
    sequence_ready_immediately: at0.sequence,
    deadlock: isStuck,
  };
  if (!isStuck) return computed({ ...values, ...seconds });
  const never = Object.keys(seconds).map((key) => [key, "it never gets there"]);
  return computed(values, Object.fromEntries(never) as Record<string, string>);
}

export function unreadyPods(): Measured {
  const controller = new HpaController(connections(1_700), "1.35");
  const { trace, replicas = NaN } = tick(controller, 0, { ready: 8, pending: 8, each: 3_400 });
  const [metric] = trace.metrics;
  return computed({
    ratio_ready: metric.ratio ?? NaN,
    ratio_with_unready_as_zero: metric.correctedRatio ?? NaN,
    desired: replicas,
  });
}

/** Without behaviour: what was proposed exactly 300 s ago still counts. */
export function scaleDownCliff(target: Target): Measured {
  const before = parameterOf(target, "pods");
  const demand = parameterOf(target, "demand_after");
  const wanted = parameterOf(target, "target");
  const controller = new HpaController(connections(wanted), "1.35");
  tick(controller, -SYNC_MS, { ready: before, each: wanted });
  let replicas = before;
  const counts: number[] = [];
  for (let atMs = 0; atMs <= 300_000; atMs += SYNC_MS) {
    const each = demand / replicas;
    replicas = tick(controller, atMs, { ready: replicas, each }).replicas ?? replicas;
    counts.push(replicas);
  }
  const [held, after] = counts.slice(-2);
  const removed = held - after;
  return computed({
    replicas_before_t300: Math.min(...counts.slice(0, -1)),
    replicas_at_t300: after,
    pods_removed_in_one_sync: removed,
    fraction_of_remaining_clients_cut: removed / held,
    clients_cut: (demand * removed) / held,
  });
}

export function integerTruncation(target: Target): Measured {
  const metrics = [
    {
      type: "Resource",
      resource: "cpu",
      target: { averageUtilization: parameterOf(target, "target") },
    },
  ] as const;
  const controller = new HpaController({ maxReplicas: 10, metrics }, "1.35");
  const requestMilli = BigInt(parameterOf(target, "requests_m")) / 3n;
  const total = BigInt(parameterOf(target, "total_m"));
  const { trace } = controller.tick(0, {
    scale: { specReplicas: 3, statusReplicas: 3 },
    pods: ["a", "b", "c"].map((name) => pod(name, { requestMilli })),
    metrics: [usages({ a: total / 2n, b: total / 4n, c: total / 4n })],
  });
  const [metric] = trace.metrics;
  return computed({
    utilization: metric.utilizationPercent ?? NaN,
    ratio: metric.ratio ?? NaN,
  });
}
