// The scale-down cliff: after its window the default policy takes every pod that is too many in one sync.
//
// A storm of one's own making: all their people must come back at once, to the pods that are left.

import type { ScalingPolicy } from "../kubernetes/hpa/spec.ts";
import type { Change, Evidence } from "./evidence.ts";
import { amount, percent, span } from "./words.ts";

/** Fewer pods in one sync are no cliff, and a smaller share of the pods or of the people is none. Assumed. */
const PODS_LEAST = 3;
const SHARE_LEAST = 0.2;
/** From this many pods on, the gentle policy is a percentage. Science: 1 pod or 5 % a minute. */
const LARGE_FLEET = 40;
const GENTLE_PERCENT = 5;

interface Cliff {
  readonly change: Change;
  readonly cut: number;
  readonly share: number;
}

export function cliff(evidence: Evidence): readonly string[] {
  const cliffs = evidence.changes
    .filter(({ from, to }) => from - to >= PODS_LEAST && from - to >= SHARE_LEAST * from)
    .map((change) => cliffOf(change, evidence))
    .filter(({ share }) => share >= SHARE_LEAST);
  if (cliffs.length === 0) return [];
  return [
    sentence(
      cliffs.reduce((a, b) => (b.cut > a.cut ? b : a)),
      evidence,
    ),
  ];
}

function cliffOf(change: Change, evidence: Evidence): Cliff {
  const { atMs } = change;
  const nextMs = evidence.decisions.find((decision) => decision.atMs > atMs)?.atMs ?? Infinity;
  const taken = evidence.pods.filter(
    ({ deletedFor, deletedAtMs = Infinity }) =>
      deletedFor === "scale-down" && deletedAtMs >= atMs && deletedAtMs < nextMs,
  );
  const cut = taken.reduce((sum, pod) => sum + pod.sessionsAtDelete, 0);
  const before = Math.max(cut, evidence.at("sessions.active", atMs));
  return { change, cut, share: before === 0 ? 0 : cut / before };
}

function sentence({ change, cut, share }: Cliff, evidence: Evidence): string {
  const { from, to, atMs } = change;
  const removed = from - to;
  const killed = evidence.value("sessions.killed");
  const isLarge = from >= LARGE_FLEET;
  const perMin = isLarge ? from - keptOf(from) : 1;
  const policy = isLarge
    ? `{ type: Percent, value: ${GENTLE_PERCENT}, periodSeconds: 60 }`
    : "{ type: Pods, value: 1, periodSeconds: 60 }";
  const minutes = isLarge ? minutesDown(from, to) : removed;
  const late = killed === 0 ? "" : `, and ${amount(killed)} were killed at the end of the grace`;
  return (
    `Scaling down cut ${amount(cut)} sessions at once, ${percent(share)} of all: at ${span(atMs)} one sync took ` +
    `${removed} of ${from} pods (${ruleText(evidence)})${late}. With behavior.scaleDown.policies ` +
    `[${policy}] the same takes ${minutes} min and moves about ${amount((cut / removed) * perMin)} sessions ` +
    `a minute, ${perMin === 1 ? "one pod" : `at most ${perMin} pods`} at a time.`
  );
}

/** As the controller rounds: what stays is cut to a whole pod, so that at least one goes. */
function keptOf(pods: number): number {
  return Math.trunc(pods * (1 - GENTLE_PERCENT / 100));
}

function minutesDown(from: number, to: number): number {
  let minutes = 0;
  for (let pods = from; pods > to; minutes++) pods = keptOf(pods);
  return minutes;
}

function ruleText({ spec, scenario }: Evidence): string {
  const windowMs =
    spec.behavior?.scaleDown.stabilizationWindowMs ??
    scenario.autoscaling.controller.downscaleStabilizationMs;
  const policies = spec.behavior?.scaleDown.policies;
  const rule =
    policies === undefined
      ? "without behavior, all that are too many"
      : policies.map(policyText).join(" or ");
  return `${rule}, after a window of ${span(windowMs)}`;
}

function policyText({ type, value, periodMs }: ScalingPolicy): string {
  return `${type === "Pods" ? `${value} pods` : `${value} %`} in ${span(periodMs)}`;
}
