// What may be lost while the cluster must hold: a node, or a zone; gone from the beginning, or dying while it runs.

import type { LoadedScenario } from "../../scenarios/loader.ts";
import type { Fault, Scenario } from "../../scenarios/schema.ts";
import { withReturn } from "./own-checks.ts";

export interface Loss {
  readonly what: "node" | "zone";
  /** "beginning": it has never been there. "middle": it dies in the middle of the window `measured`. */
  readonly when: "beginning" | "middle";
}

export const LOSSES: readonly Loss[] = [
  { what: "node", when: "beginning" },
  { what: "node", when: "middle" },
  { what: "zone", when: "beginning" },
  { what: "zone", when: "middle" },
];

const FAULT = "planned-loss";

/** Nodes that are lost of `count`: zone 0 has the most, since node i lies in zone i mod zones. */
export function lostOf(what: Loss["what"], count: number, zones: number): number {
  return what === "node" ? Math.min(1, count) : Math.ceil(count / zones);
}

/** The least number of nodes of which `least` are left. */
export function leastWith(what: Loss["what"], least: number, zones: number): number | undefined {
  if (what === "zone" && zones < 2) return undefined;
  let count = least + 1;
  while (count - lostOf(what, count, zones) < least) count++;
  return count;
}

/** The scenario with the loss; its pairs ("without:<fault>") have the loss too. */
export function withLoss(loaded: LoadedScenario, loss: Loss): LoadedScenario {
  const { scenario } = loaded;
  if (loss.when === "beginning") return { ...loaded, scenario: withFewer(scenario, loss.what) };
  const faults = [...scenario.faults, faultOf(scenario, loss.what)];
  return { ...loaded, scenario: { ...scenario, faults }, budgets: withReturn(loaded.budgets) };
}

function withFewer(scenario: Scenario, what: Loss["what"]): Scenario {
  const { nodes } = scenario.cluster;
  const count = nodes.count - lostOf(what, nodes.count, nodes.zones);
  return { ...scenario, cluster: { ...scenario.cluster, nodes: { ...nodes, count } } };
}

function faultOf({ windows, run }: Scenario, what: Loss["what"]): Fault {
  const { fromMs, toMs } = windows.measured ?? { fromMs: 0, toMs: run.durationMs };
  const atMs = Math.round((fromMs + toMs) / 2);
  if (what === "zone") return { kind: "zone-loss", name: FAULT, atMs, zone: 0 };
  const target = { select: "most-connections", count: 1 } as const;
  return { kind: "node-crash", name: FAULT, atMs, target, reset: true };
}
