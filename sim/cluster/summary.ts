// From a world that has ended to the result that is kept: sorted keys, derived ratios, findings in words.

import type { EndedEarly, RunResult } from "../result.ts";
import { findings } from "./findings/findings.ts";
import type { World } from "./world.ts";

export function summarize(
  world: World,
  variant: string,
  endedEarly: EndedEarly | undefined,
): RunResult {
  const { scenario, seed, sim, recorder, judge } = world;
  world.managed?.recordLeadTimes(recorder);
  const values = recorder.values();
  for (const window of Object.keys(scenario.windows)) derive(values, window, world);
  const durationUs = Math.round(scenario.run.durationMs * 1_000);
  const result: RunResult = {
    scenario: scenario.metadata.name,
    seed,
    variant,
    digest: sim.digest(),
    eventCount: sim.eventCount,
    simulatedMs: Math.min(sim.nowMs, scenario.run.durationMs),
    endedEarly,
    windows: scenario.windows,
    values: sorted(values),
    histograms: recorder.histograms(),
    series: recorder.series(Math.min(durationUs, sim.nowUs)),
    autoscaling: world.managed?.report(),
    invariants: judge.reports(),
    findings: [],
  };
  return { ...result, findings: findings(result, scenario) };
}

/** Ratios and sums of a window. A ratio of nothing is the good one. */
function derive(values: Map<string, number>, window: string, world: World): void {
  const get = (metric: string): number => values.get(`${metric}@${window}`) ?? 0;
  const set = (metric: string, value: number): void => {
    values.set(`${metric}@${window}`, value);
  };
  const ratio = (part: number, whole: number, empty: number): number =>
    whole === 0 ? empty : part / whole;
  set("join.success.ratio", ratio(get("join.succeeded"), get("join.offered"), 1));
  const lost = get("reconnect.offered");
  set("reconnect.failure.ratio", ratio(lost - get("reconnect.succeeded"), lost, 0));
  const { meters, judge } = world;
  const returned = meters.returned.total;
  set("reconnect.attempts.mean", ratio(meters.attemptsOfReturned, returned, 0));
  set("disturbed.sessions", lost);
  set("critical.lost", judge.criticalLost);
  set("critical.lost.noisy", judge.criticalLostNoisy);
  set("messages.crossnode.ratio", ratio(get("messages.crossed"), get("messages.served"), 0));
  set("sequence.gaps", meters.gaps);
}

function sorted(values: ReadonlyMap<string, number>): Record<string, number> {
  const record: Record<string, number> = {};
  for (const key of [...values.keys()].sort()) record[key] = values.get(key)!;
  return record;
}
