// CPU is blind to idle sockets: nodes are full of connections and the CPU's proposal is a fraction of what they need.

import type { DecisionRecord } from "../../result.ts";
import type { Evidence } from "./evidence.ts";
import { amount, counted, percent } from "./words.ts";

/** A node counts as full from this share of its limit on; target 1,700 of 2,000 is that. */
const FULL_RATIO = 0.8;
/** CPU asks for less than this share of what connections need. Assumed. */
const BLIND_RATIO = 0.6;

interface Blind {
  readonly decision: DecisionRecord;
  readonly utilization: number;
  readonly proposal: number;
  readonly needed: number;
  readonly perPod: number;
}

export function idleCpu(evidence: Evidence): readonly string[] {
  const cpu = evidence.cpuName();
  if (cpu === undefined) return [];
  const blind = evidence.decisions.flatMap((decision) => blindAt(decision, cpu, evidence));
  if (blind.length === 0) return [];
  return [
    sentence(
      blind.reduce((a, b) => (b.needed > a.needed ? b : a)),
      blind.length,
      evidence,
    ),
  ];
}

function blindAt(decision: DecisionRecord, cpu: string, evidence: Evidence): readonly Blind[] {
  const trace = evidence.traceOf(decision, cpu);
  const loads = evidence.loadsAt(evidence.readyPodsAt(decision.atMs), decision.atMs);
  const middle = loads[Math.floor((loads.length - 1) / 2)];
  if (trace?.proposal === undefined || trace.utilizationPercent === undefined) return [];
  if (middle === undefined || middle < FULL_RATIO * evidence.nodeLimit) return [];
  const target = evidence.connectionMetrics[0]?.targetPerPod ?? FULL_RATIO * evidence.nodeLimit;
  const needed = Math.ceil(evidence.offeredAt(decision.atMs) / target);
  if (trace.proposal >= BLIND_RATIO * needed) return [];
  const utilization = trace.utilizationPercent;
  return [{ decision, utilization, proposal: trace.proposal, needed, perPod: middle }];
}

function sentence(worst: Blind, looks: number, evidence: Evidence): string {
  const { utilization, proposal, needed, perPod } = worst;
  const alone = evidence.connectionMetrics.length === 0;
  const advice = alone
    ? "Scale on connections; CPU alone scales down while the nodes are full."
    : "It is the connections that hold the count up here: keep their metric whatever happens, for CPU alone would scale down into full nodes.";
  return (
    `CPU is blind to idle sockets: in ${counted(looks, "look")} nodes were full (at worst ${amount(perPod)} ` +
    `sessions in the middle pod, ${percent(perPod / evidence.nodeLimit)} of its limit) while CPU stood at ` +
    `${utilization} % of its request and asked for ${counted(proposal, "pod")}; the connections need ` +
    `${needed}. ${advice}`
  );
}
