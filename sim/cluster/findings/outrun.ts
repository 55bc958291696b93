// A storm that is over before the loop has answered it: metric, sync, schedule, pull, start, readiness.
//
// Then no target helps: what is there when it begins must carry it, which is the floor, or it must be made longer than
// the loop, which is admission and jitter. Science §7, warm capacity: n0 ≥ A(L) / C.

import type { Arrival } from "../../../scenarios/schema.ts";
import type { PodLife } from "../../result.ts";
import type { Change, Evidence } from "./evidence.ts";
import { amount, counted, span } from "./words.ts";

/** Without a metric of connections: a node is loaded from this share of its limit on. Assumed. */
const LOADED_RATIO = 0.85;

/** The way of the middle one of the new pods, from the load step on. */
interface Lead {
  readonly storm: Arrival;
  /** When the demand went over what the pods are meant to carry. */
  readonly stepMs: number;
  readonly change: Change;
  readonly metricMs: number;
  readonly pod: PodLife;
  readonly readyAtMs: number;
}

export function outrun(evidence: Evidence): readonly string[] {
  const lead = leadOf(evidence);
  if (lead === undefined || lead.storm.fromMs + mostWithinMs(lead.storm) > lead.readyAtMs)
    return [];
  const come = Math.max(
    ...evidence.sampledAtMs
      .filter((atMs) => atMs <= lead.readyAtMs)
      .map((atMs) => evidence.offeredAt(atMs)),
  );
  const needed = Math.ceil(come / evidence.placesPerPod);
  const had = evidence.readyPodsAt(lead.stepMs).length;
  if (needed <= had) return [];
  return [sentence(lead, come, needed, had, evidence)];
}

function leadOf(evidence: Evidence): Lead | undefined {
  const metric = evidence.connectionMetrics[0];
  const target = metric?.targetPerPod ?? LOADED_RATIO * evidence.nodeLimit;
  const tolerated = 1 + evidence.scenario.autoscaling.controller.toleranceRatio;
  const stepMs = evidence.sampledAtMs.find(
    (atMs) => evidence.offeredAt(atMs) > target * tolerated * evidence.readyPodsAt(atMs).length,
  );
  if (stepMs === undefined) return undefined;
  const storm = steepest(evidence.scenario.clients.arrivals, stepMs);
  const change = evidence.changes.find(({ atMs, from, to }) => atMs >= stepMs && to > from);
  if (storm === undefined || change === undefined) return undefined;
  const made = evidence.pods
    .filter((pod) => pod.createdFor === "scale-up" && pod.createdAtMs >= change.atMs)
    .slice(0, change.to - change.from);
  const ready = made.filter(isReady).sort((a, b) => a.readyAtMs - b.readyAtMs);
  const pod = ready[Math.floor((ready.length - 1) / 2)];
  if (pod === undefined) return undefined;
  const { decision } = change;
  const won = decision.trace.metrics.findIndex(({ name }) => name === decision.trace.winner);
  const ageMs = decision.metricAgesMs[won]?.oldestMs ?? 0;
  const metricMs = Math.min(ageMs, change.atMs - stepMs);
  return { storm, stepMs, change, metricMs, pod, readyAtMs: pod.readyAtMs };
}

/** The phase that arrives fastest of those under way. */
function steepest(arrivals: readonly Arrival[], atMs: number): Arrival | undefined {
  return arrivals
    .filter(({ fromMs, overMs }) => fromMs <= atMs && atMs <= fromMs + overMs + 1_000)
    .reduce<Arrival | undefined>(
      (best, next) => (best !== undefined && pace(best) >= pace(next) ? best : next),
      undefined,
    );
}

/** The time in which four fifths of a phase arrive, by its shape: 1 − e^(−t/mean), t², or evenly. */
function mostWithinMs({ shape, overMs }: Arrival): number {
  switch (shape) {
    case "thundering-herd":
      return 1.609 * (overMs / 6); // −ln 0.2 means; the mean is a sixth of the phase.
    case "ramp":
      return 0.894 * overMs; // √0.8
    default:
      return 0.8 * overMs;
  }
}

function pace(phase: Arrival): number {
  return phase.clients / mostWithinMs(phase);
}

function isReady(pod: PodLife): pod is PodLife & { readonly readyAtMs: number } {
  return pod.readyAtMs !== undefined;
}

function stages({ stepMs, change, metricMs, pod, readyAtMs }: Lead): string {
  const { createdAtMs } = pod;
  const scheduled = pod.scheduledAtMs ?? createdAtMs;
  const pulled = pod.pulledAtMs ?? scheduled;
  const served = pod.servedAtMs ?? pulled;
  return (
    [
      `metric ${span(metricMs)}`,
      `sync ${span(Math.max(0, createdAtMs - stepMs - metricMs))}`,
      `schedule ${span(scheduled - createdAtMs)}`,
      `pull ${span(pulled - scheduled)}`,
      `start ${span(served - pulled)}`,
      `readiness ${span(readyAtMs - served)}`,
    ].join(", ") + ` for ${change.from} → ${change.to}`
  );
}

function sentence(
  lead: Lead,
  come: number,
  needed: number,
  had: number,
  evidence: Evidence,
): string {
  const { storm, stepMs, readyAtMs } = lead;
  return (
    `The arrivals of ${storm.phase} outran the loop: four fifths came within ${span(mostWithinMs(storm))}, and from the load step at ` +
    `${span(stepMs)} to new pods that are ready it took ${span(readyAtMs - stepMs)} (${stages(lead)}). By then ` +
    `${amount(come)} clients had come; at ${amount(evidence.placesPerPod)} places a pod that takes ` +
    `${counted(needed, "pod")}, and ${had} were there. No target helps: raise minReplicas to ${needed} before ` +
    `such a storm, or let admission and jitter spread it over more than ${span(readyAtMs - storm.fromMs)}.`
  );
}
