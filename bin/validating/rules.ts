// The rules that files are checked by beyond what loading refuses: each with an id that stays, what it is about, and how grave it is.
//
// A warning says that a file cannot mean what it says: a limit that nothing can miss, a fault that nobody sees. A note is
// worth knowing and may be meant. `--strict` fails on warnings, never on notes.

import type { Finding, FindingRule } from "../../reports/validation.ts";
import type { Position } from "../../scenarios/problem.ts";

const TITLES = {
  invalid: ["error", "The file must load"],
  "no-budget": ["warning", "A scenario needs an objective that can fail it"],
  "window-without-events": ["warning", "A budget's window must hold an event of its metric"],
  "limit-cannot-be-missed": ["warning", "A limit must be possible to miss"],
  "limit-cannot-be-met": ["warning", "A limit must be possible to meet"],
  "seeds-without-interval": ["warning", "An interval needs more than one seed"],
  "share-needs-seeds": ["note", "A share of seeds needs enough of them to leave one out"],
  "fault-too-late": ["warning", "A run must go on long enough after a fault to see it settle"],
  "fault-before-anybody": ["warning", "A fault must find somebody to disturb"],
  "hpa-target-saturates": ["warning", "A full node must look full to the HPA"],
  "hpa-target-crawls": ["note", "A full node should ask for more than a few nodes more"],
  "hpa-window-short": ["warning", "The scale-down window must outlast the metric's way"],
  "hpa-floor-of-one-zone": ["warning", "The floor must outlive a zone"],
  "hpa-floor-zone-loss": ["note", "What a zone's nodes hold should find room on the others"],
  "hpa-cpu-alone": ["warning", "Sessions need a metric of sessions"],
  "hpa-unknown-metric": ["warning", "The HPA must ask for metrics that nodes have"],
  "hpa-fixed": ["note", "An HPA that cannot scale is none"],
  "samples-too-far-apart": ["note", "The controller looks more often than these samples"],
} as const satisfies Readonly<Record<string, readonly [FindingRule["level"], string]>>;

export type RuleId = keyof typeof TITLES;

export const RULES: readonly FindingRule[] = (Object.keys(TITLES) as RuleId[]).map((id) => ({
  id,
  level: TITLES[id][0],
  title: TITLES[id][1],
}));

/** A finding before it is known which file was asked about. */
export type Lint = Omit<Finding, "asked">;

export function lint(rule: RuleId, at: Position, message: string, advice: string): Lint {
  return { rule, level: TITLES[rule][0], at, message, advice };
}
