// Runs that cannot answer: no objective that could fail, too few seeds for the gate, faults where nobody sees them.

import type { LoadedScenario } from "../../scenarios/loader.ts";
import { formatQuantity } from "../../scenarios/quantities.ts";
import type { Fault, Scenario } from "../../scenarios/schema.ts";
import { positionAt } from "../../scenarios/source-tree.ts";
import { lint, type Lint } from "./rules.ts";

const time = (ms: number): string => formatQuantity("duration", ms);

export function runLints(loaded: LoadedScenario): readonly Lint[] {
  return [...objectiveLints(loaded), ...seedLints(loaded), ...faultLints(loaded)];
}

function objectiveLints({ budgets, tree }: LoadedScenario): readonly Lint[] {
  if (budgets.some(({ severity }) => severity === "fail")) return [];
  const message =
    budgets.length === 0
      ? "it has no budgets, so its runs can only pass"
      : "all of its budgets are warnings, so its runs can only pass";
  const advice = "List a budget file under `budgets`; `stormglass init` writes one to edit.";
  return [lint("no-budget", positionAt(tree, ["budgets"]), message, advice)];
}

function seedLints({ scenario, budgets, tree }: LoadedScenario): readonly Lint[] {
  const { count } = scenario.run.seeds;
  const at = positionAt(tree, ["run", "seeds", "count"]);
  const byInterval = budgets.filter(({ gate }) => gate.kind === "mean-upper-ci");
  const lints: Lint[] = [];
  if (count === 1 && byInterval.length > 0) {
    const names = byInterval.map(({ id }) => id).join(", ");
    const message = `one seed has no interval, and ${names} would judge by one`;
    const advice = "Run 5 seeds or more (run.seeds.count), or use the gate every-seed.";
    lints.push(lint("seeds-without-interval", at, message, advice));
  }
  for (const { id, gate, source } of budgets) {
    if (gate.kind !== "share-of-seeds" || gate.ratio >= 1 || gate.ratio <= 0) continue;
    const needed = Math.ceil(1 / (1 - gate.ratio) - 1e-9);
    if (count >= needed) continue;
    const message = `check "${id}" lets ${Number(((1 - gate.ratio) * 100).toPrecision(3))} % of the seeds miss, and ${count} seeds leave room for none: it is every-seed`;
    const advice = `Run ${needed} seeds or more.`;
    lints.push(lint("share-needs-seeds", source, message, advice));
  }
  return lints;
}

function faultLints({ scenario, tree }: LoadedScenario): readonly Lint[] {
  return scenario.faults.flatMap((fault, i) => {
    const at = positionAt(tree, ["faults", i]);
    return [...lateLints(fault, scenario, at), ...earlyLints(fault, scenario, at)];
  });
}

type At = Parameters<typeof lint>[1];

function lateLints(fault: Fault, scenario: Scenario, at: At): readonly Lint[] {
  const { durationMs } = scenario.run;
  const needMs = settleMs(fault, scenario);
  if (needMs === undefined) return [];
  const fromMs = "atMs" in fault ? fault.atMs : fault.toMs;
  const leftMs = durationMs - fromMs;
  if (leftMs >= needMs) return [];
  const message = `fault "${fault.name}" leaves the run ${time(leftMs)} to settle, and what it disturbs needs about ${time(Math.ceil(needMs / 1_000) * 1_000)}`;
  const advice = "Let it happen earlier, or let the run go on longer (run.duration).";
  return [lint("fault-too-late", at, message, advice)];
}

/** Until it is noticed and its sessions are admitted elsewhere; undefined for faults after which nobody moves. */
function settleMs({ kind }: Fault, { cluster, clients }: Scenario): number | undefined {
  const { nodes, edges, beats } = cluster;
  switch (kind) {
    case "node-crash": {
      const resumesPerSec = Math.max(1, nodes.count - 1) * nodes.admission.perSec;
      return beats.leaseMs + (clients.total / nodes.count / resumesPerSec) * 1_000;
    }
    case "zone-loss": {
      const lost = Math.ceil(nodes.count / nodes.zones);
      const resumesPerSec = Math.max(1, nodes.count - lost) * nodes.admission.perSec;
      return beats.leaseMs + ((clients.total * lost) / nodes.count / resumesPerSec) * 1_000;
    }
    case "edge-crash": {
      const resumesPerSec = Math.max(1, edges.count - 1) * edges.admission.resumesPerSec;
      return (clients.total / edges.count / resumesPerSec) * 1_000;
    }
    case "bus-outage":
      return beats.leaseMs;
    default:
      return undefined;
  }
}

function earlyLints(fault: Fault, { clients }: Scenario, at: At): readonly Lint[] {
  const first = clients.arrivals.reduce((min, { fromMs }) => Math.min(min, fromMs), Infinity);
  const endMs = "atMs" in fault ? fault.atMs : fault.toMs;
  // A host that does not come back is missing for everybody who comes.
  const isBrief = fault.kind !== "node-crash" && fault.kind !== "edge-crash";
  const staysAway = !isBrief && fault.restartAfterMs === undefined;
  if (endMs > first || staysAway || fault.kind === "zone-loss") return [];
  const message = `fault "${fault.name}" is over before the first client comes at ${time(first)}`;
  const advice = "Let it happen when there is somebody to disturb.";
  return [lint("fault-before-anybody", at, message, advice)];
}
