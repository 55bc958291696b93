// What a plan asks for beside the budgets, where they are silent.
//
// Budgets are written for a cluster that is large enough. In one that is not, people stay outside, and a scenario whose budgets
// speak of nothing but sessions would call that fine: the smaller the cluster, the fewer sessions there are to lose.

import type { Budget } from "../../scenarios/budget.ts";
import { parseExpression } from "../../scenarios/expression.ts";
import type { LoadedScenario } from "../../scenarios/loader.ts";

/** Metrics that tell whether people get in. A latency does not: it is of those who did. */
const ADMISSIONS = ["join.success.ratio", "join.succeeded", "join.gaveup"];

/** Share of the clients that must get in. Assumed: three nines, as the builtin budgets have it. */
const IN_LEAST = 0.999;
/** Share of the sessions that lost their node and are not back at the end. Assumed: one in a hundred may be gone for good. */
const UNRETURNED_MAX = 0.01;

/** Everybody gets in, unless a check that can fail says how many must. */
export function withAdmission(loaded: LoadedScenario): LoadedScenario {
  const { budgets } = loaded;
  if (speaks(budgets, (name) => ADMISSIONS.includes(name))) return loaded;
  const own = ownCheck("plan-join", "value(join.success.ratio)", ">=", IN_LEAST, "99.9%");
  return { ...loaded, budgets: [...budgets, own] };
}

/** Who lost his node comes back, unless a check says how many must. */
export function withReturn(budgets: readonly Budget[]): readonly Budget[] {
  if (speaks(budgets, (name) => name.startsWith("reconnect."))) return budgets;
  const metric = "value(reconnect.failure.ratio)";
  return [...budgets, ownCheck("plan-return", metric, "<=", UNRETURNED_MAX, "1%")];
}

function speaks(budgets: readonly Budget[], of: (metric: string) => boolean): boolean {
  return budgets.some(({ metric, severity }) => severity === "fail" && metric.metrics.some(of));
}

function ownCheck(
  id: string,
  metric: string,
  op: Budget["op"],
  value: number,
  limitText: string,
): Budget {
  return {
    id,
    title: "",
    metric: parseExpression(metric)!,
    window: "run",
    op,
    limit: { kind: "absolute", value, unit: "ratio" },
    limitText,
    gate: { kind: "every-seed" },
    severity: "fail",
    versus: undefined,
    source: { file: "stormglass plan", line: 0, column: 0 },
  };
}
