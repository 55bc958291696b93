// The HPA's controller in a loop that answers late: where it begins to swing, and how many pods must be there before it can help.
//
// Replicas are asked for by what each pod carries, and that is read late. With n replicas now and a mean of d reconciles ago,
// the HPA's law n' = n × mean ÷ target is, in logarithms of n over what is needed, x(k+1) = x(k) − g × x(k−d) with gain
// g = 1; any other gain is a metric that tells the power g of the ratio. Neither limits, tolerance nor windows shall be in
// the way, so they are set wide, and the counts are so large that whole numbers are as good as real ones.

import { HpaController } from "../../sim/cluster/kubernetes/hpa/controller.ts";
import type { Behavior, HpaSpec } from "../../sim/cluster/kubernetes/hpa/spec.ts";
import { DEFAULT_FLAGS } from "../../sim/cluster/kubernetes/hpa/version.ts";
import { type Measured, type Target, parameterOf } from "./target.ts";

const SYNC_MS = DEFAULT_FLAGS.syncPeriodMs;
/** Replicas that the load needs. The API's counts end at 2^31. */
const NEEDED = 100_000_000;
const TARGET = 1_000;

function external(metric: string, target: number, more: Partial<HpaSpec>): HpaSpec {
  const averageValueMilli = BigInt(target) * 1_000n;
  return {
    maxReplicas: 2_147_483_647,
    metrics: [{ type: "External", metric, target: { averageValueMilli } }],
    ...more,
  };
}

function asked(controller: HpaController, sync: number, replicas: number, value: number): number {
  const decision = controller.tick(sync * SYNC_MS, {
    scale: { specReplicas: replicas, statusReplicas: replicas },
    pods: [],
    metrics: [{ kind: "series", valuesMilli: [BigInt(Math.round(value * 1_000))] }],
  });
  return decision.replicas ?? replicas;
}

const FREE: Behavior = {
  scaleUp: {
    tolerance: 0,
    policies: [{ type: "Percent", value: 1_000_000, periodMs: SYNC_MS }],
  },
  scaleDown: {
    tolerance: 0,
    stabilizationWindowMs: 0,
    policies: [{ type: "Percent", value: 100, periodMs: SYNC_MS }],
  },
};

export interface Loop {
  /** Reconciles between a count and the reading of what its pods carried. */
  readonly delay: number;
  readonly gain: number;
  readonly syncs: number;
  /** Of the need, when it begins. */
  readonly excess: number;
  readonly behavior?: Behavior;
}

/** ln of replicas over need, by reconcile. Ends early where a count leaves what counts can be. */
export function delayedLoop({ delay, gain, syncs, excess, behavior = FREE }: Loop): number[] {
  const controller = new HpaController(external("load", TARGET, { behavior }), "1.35");
  let replicas = Math.round(NEEDED * excess);
  const errors = [Math.log(replicas / NEEDED)];
  for (let sync = 0; sync < syncs; sync++) {
    const seen = errors[sync - delay] ?? 0; // Before it began all was well.
    replicas = asked(controller, sync, replicas, TARGET * replicas * Math.exp(-gain * seen));
    const error = Math.log(replicas / NEEDED);
    errors.push(error);
    if (Math.abs(error) > 3) break;
  }
  return errors;
}

/** The rest of the first blow has died out by then, reconciles. */
const SETTLED = 120;
/** Between the two looks: long enough to tell a millionth of gain. */
const APART = 200;

/** Whether the swing grows. At the border one is 2 (2 d + 1) reconciles long, so that whole swings are compared. */
function grows(delay: number, gain: number): boolean {
  const period = 2 * (2 * delay + 1);
  const late = SETTLED + Math.ceil(APART / period) * period;
  const errors = delayedLoop({ delay, gain, syncs: late + period, excess: 1.2 });
  if (errors.length <= late + period) return true;
  const energy = (from: number): number =>
    errors.slice(from, from + period).reduce((sum, error) => sum + error * error, 0);
  return energy(late) > energy(SETTLED);
}

export function criticalGain(target: Target): Measured {
  const delay = parameterOf(target, "delay_syncs");
  let [stable, unstable] = [0.1, 2.5];
  while (unstable - stable > 2e-7) {
    const gain = (stable + unstable) / 2;
    if (grows(delay, gain)) unstable = gain;
    else stable = gain;
  }
  return { by: "computation", values: { critical_gain: (stable + unstable) / 2 } };
}

/** Parts of the lead besides the start of a pod, s: the scrape and its way, and the reconcile that has just gone by. Assumed. */
const METRIC_LAG_S = 15;
const SYNC_S = SYNC_MS / 1_000;

/** Second by second: the ramp begins, the HPA reads the rate of arrivals and asks, its pods take their time. */
export function warmPods(target: Target): Measured {
  const clients = parameterOf(target, "N");
  const rampS = parameterOf(target, "ramp_s");
  const leadS = parameterOf(target, "lead_s");
  const cap = parameterOf(target, "cap");
  for (let warm = 1; ; warm++) {
    // A pod for as many arrivals per second as fill one in the course of the ramp.
    const perPod = Math.floor(cap / rampS);
    const controller = new HpaController(
      external("arrivals", perPod, { minReplicas: warm, maxReplicas: 1_000 }),
      "1.35",
    );
    let readyAtS = Infinity;
    let refused = 0;
    for (let second = 0; second < readyAtS && second <= rampS; second++) {
      refused = Math.max(refused, (clients * second) / rampS - warm * cap);
      if (second % SYNC_S !== 0 || readyAtS < Infinity) continue;
      const arrivals = second > METRIC_LAG_S ? clients / rampS : 0;
      const replicas = asked(controller, second / SYNC_S, warm, arrivals);
      if (replicas > warm) readyAtS = second + leadS - METRIC_LAG_S - SYNC_S;
    }
    if (refused <= 0) return { by: "computation", values: { min_warm_pods: warm } };
  }
}
