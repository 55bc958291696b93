// Alerts on how fast an objective's budget of bad events burns.
//
// An objective of 99.9 % allows 0.1 % bad events. An alert fires when they come so many times faster, over a long window, so
// that it is no blip, and over a short one, so that it ends soon after the trouble does. Few events say little: below a
// number of events nothing is said.

import { formatted, grouped } from "./numbers.ts";
import type { Objective } from "./objectives.ts";
import type { AlertRule, Recording } from "./alert.ts";
import type { Scope } from "./server-metrics.ts";

interface Burn {
  readonly name: "Fast" | "Medium" | "Slow";
  readonly factor: number;
  readonly long: string;
  readonly short: string;
  readonly severity: "page" | "ticket";
  /** Share of a budget of 30 days that is gone when the long window has passed. */
  readonly spent: string;
}

/** Cited: multiwindow, multi-burn-rate alerts of Google's SRE workbook, for a budget of 30 days. */
export const BURNS: readonly Burn[] = [
  { name: "Fast", factor: 14.4, long: "1h", short: "5m", severity: "page", spent: "2 %" },
  { name: "Medium", factor: 6, long: "6h", short: "30m", severity: "page", spent: "5 %" },
  { name: "Slow", factor: 1, long: "3d", short: "6h", severity: "ticket", spent: "10 %" },
];

/** Bad events that it takes at least. Assumed: below ten, one more or less is chance. */
const BAD_EVENTS_LEAST = 10;

export interface BurnRules {
  readonly recordings: readonly Recording[];
  readonly alerts: readonly AlertRule[];
  /** Rules that cannot fire, and why. */
  readonly dropped: readonly string[];
}

export function burnRules(objective: Objective, scope: Scope): BurnRules {
  const alerts: AlertRule[] = [];
  const dropped: string[] = [];
  const ranges = new Set<string>();
  for (const burn of BURNS) {
    const threshold = formatted(burn.factor * (1 - objective.share));
    if (threshold >= 1) {
      dropped.push(
        `${objective.id}, ${burn.factor} times over ${burn.long}: left out, a share of ${threshold} bad events is more than all`,
      );
      continue;
    }
    ranges.add(burn.short).add(burn.long);
    alerts.push(alertOf(objective, burn, threshold));
  }
  const recordings = [...ranges].flatMap((range) => [
    { record: badName(objective, range), expr: objective.bad(scope, range) },
    { record: allName(objective, range), expr: objective.all(scope, range) },
  ]);
  return { recordings, alerts, dropped };
}

function alertOf(objective: Objective, burn: Burn, threshold: number): AlertRule {
  const eventsLeast = eventsLeastOf(threshold);
  const share = (range: string): string =>
    `${badName(objective, range)} / ${allName(objective, range)} > ${threshold}`;
  // A rate over the window, times its seconds: how many there were.
  const events = `${allName(objective, burn.long)} * ${secondsOf(burn.long)} >= ${eventsLeast}`;
  const conditions = [share(burn.long), share(burn.short), events];
  return {
    alert: `Stormglass${camel(objective.id)}Burn${burn.name}`,
    expr: conditions.join("\nand\n"),
    labels: {
      severity: objective.isWarning ? "ticket" : burn.severity,
      objective: objective.id,
      window: burn.long,
    },
    summary: `The budget of ${objective.id} burns ${burn.factor === 1 ? "" : `${burn.factor} times `}as fast as it may.`,
    description:
      `Promised: ${objective.promise}. Over ${burn.long}, and over ${burn.short} too, more than ${formatted(threshold * 100)} % were not so; ` +
      `${burn.long} of it spends ${burn.spent} of a month's budget. Below ${grouped(eventsLeast)} events in ${burn.long} this is silent. ${objective.caveat}`,
    anchor: "budget-burn",
  };
}

/** So many events that it takes `BAD_EVENTS_LEAST` bad ones to reach the threshold. */
export function eventsLeastOf(threshold: number): number {
  return Math.ceil(formatted(BAD_EVENTS_LEAST / threshold));
}

const UNITS_S = { m: 60, h: 3_600, d: 86_400 } as const;

/** 300 for "5m". */
function secondsOf(range: string): number {
  return Number(range.slice(0, -1)) * UNITS_S[range.at(-1) as keyof typeof UNITS_S];
}

function badName({ id }: Objective, range: string): string {
  return `stormglass:${snake(id)}_bad:rate${range}`;
}

function allName({ id }: Objective, range: string): string {
  return `stormglass:${snake(id)}_all:rate${range}`;
}

function snake(id: string): string {
  return id.replaceAll("-", "_");
}

function camel(id: string): string {
  return id
    .split("-")
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join("");
}
