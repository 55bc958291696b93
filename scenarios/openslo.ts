// OpenSLO v1 documents as budgets: the same file that drives the alerts judges the simulation.
//
// A document stays as it is. What it cannot know, which of our metrics it means and in which part of a run, is said by metric
// sources of type `stormglass` or by annotations `stormglass.dev/…`. "99 % of the joins within 1 s" is "p99 ≤ 1 s", so a
// ratio of events within a bound becomes a quantile. What has no meaning in a run is refused, with how to say it instead.

import { EXPRESSION_FORM, parseExpression, type MetricExpression } from "./expression.ts";
import type { Budget } from "./budget.ts";
import { absoluteOf, gateOf, GATE_FORM, type Gate, type Operator } from "./limit.ts";
import type { Problem } from "./problem.ts";
import { formatQuantity, parseQuantity } from "./quantities.ts";
import { nodeAt, positionAt, type SourceNode } from "./source-tree.ts";

export const OPENSLO_VERSION = "openslo/v1";
/** Kinds that say nothing about limits; SLIs are looked up where an SLO refers to them. */
export const OPENSLO_SILENT = [
  "SLI",
  "Service",
  "DataSource",
  "AlertPolicy",
  "AlertCondition",
  "AlertNotificationTarget",
] as const;

const ANNOTATION = "stormglass.dev/";
const EVENTS_FORM = '"join.succeeded", or with a bound "join.latency <= 1s"';

type Path = readonly (string | number)[];

/** The budgets of one SLO document, one for each objective. `all` are the documents of its file. */
export function openSloBudgets(
  document: SourceNode,
  all: readonly SourceNode[],
  problems: Problem[],
): readonly Budget[] {
  return new Reading(document, all, problems).budgets();
}

/** What is measured, and how it is to compare with an objective. */
type Indicator =
  /** Events that are good when they are at most (bad: above) a bound. */
  | { readonly kind: "within"; readonly metric: string; readonly limitText: string }
  /** A share of good or bad events. */
  | { readonly kind: "share"; readonly metric: MetricExpression; readonly isGood: boolean }
  /** A value that objectives give a threshold for. */
  | { readonly kind: "threshold"; readonly metric: string; readonly unit: string };

class Reading {
  readonly #root: SourceNode;
  readonly #all: readonly SourceNode[];
  readonly #problems: Problem[];

  constructor(root: SourceNode, all: readonly SourceNode[], problems: Problem[]) {
    this.#root = root;
    this.#all = all;
    this.#problems = problems;
  }

  budgets(): readonly Budget[] {
    const before = this.#problems.length;
    const method = this.#text(["spec", "budgetingMethod"]) ?? "Occurrences";
    if (method !== "Occurrences") {
      const must = "be Occurrences: a run of minutes has no slices of time; count events";
      this.#refuse(["spec", "budgetingMethod"], must, method);
    }
    const indicator = this.#indicator();
    const list = nodeAt(this.#root, ["spec", "objectives"]);
    if (list?.kind !== "list" || list.items.length === 0) {
      this.#refuse(["spec", "objectives"], "be a list of objectives");
    }
    if (indicator === undefined || list?.kind !== "list") return [];
    const made = list.items.flatMap(
      (_, i) => this.#budget(indicator, i, list.items.length > 1) ?? [],
    );
    return this.#problems.length > before ? [] : made;
  }

  #budget(indicator: Indicator, index: number, isOneOfSeveral: boolean): Budget | undefined {
    const at: Path = ["spec", "objectives", index];
    const objective = nodeAt(this.#root, at)!; // Counted by the caller.
    for (const key of ["indicator", "indicatorRef", "compositeWeight"]) {
      if (nodeAt(objective, [key]) === undefined) continue;
      this.#refuse([...at, key], "not be given: write one SLO for each indicator");
    }
    const target = this.#target(at);
    const limit = target === undefined ? undefined : this.#limit(indicator, at, target);
    if (limit === undefined) return undefined;
    const gate = this.#annotation("gate");
    if (gate !== undefined && gateOf(gate) === undefined) {
      this.#refuse(this.#annotationPath("gate"), `be ${GATE_FORM}`, gate);
    }
    const severity = this.#annotation("severity") ?? "fail";
    if (severity !== "fail" && severity !== "warn") {
      this.#refuse(this.#annotationPath("severity"), "be fail or warn", severity);
    }
    const name = this.#text(["metadata", "name"]) ?? "slo";
    return {
      id: idOf(name) + (isOneOfSeveral ? `-${index + 1}` : ""),
      title: this.#title(at),
      metric: limit.metric,
      window: this.#window(),
      op: limit.op,
      limit: { kind: "absolute", ...limit.limit },
      limitText: limit.text,
      gate: (gate === undefined ? undefined : gateOf(gate)) ?? limit.gate,
      severity: severity === "warn" ? "warn" : "fail",
      versus: undefined,
      source: objective.at,
      period: this.#period(),
    };
  }

  #title(at: Path): string {
    return (
      this.#text([...at, "displayName"]) ??
      this.#text(["metadata", "displayName"]) ??
      this.#text(["spec", "description"]) ??
      ""
    );
  }

  /** The share of events that must be good; above 0 and below 1. */
  #target(at: Path): number | undefined {
    const percent = this.#text([...at, "targetPercent"]);
    const written = percent ?? this.#text([...at, "target"]);
    const path = [...at, percent === undefined ? "target" : "targetPercent"];
    const value = Number(written) / (percent === undefined ? 1 : 100);
    if (written !== undefined && value > 0 && value < 1) return tidy(value);
    const must =
      "be a share above 0 and below 1; what must never happen is a check of a BudgetSet with gate every-seed";
    this.#refuse(path, must, written);
    return undefined;
  }

  #limit(indicator: Indicator, at: Path, target: number) {
    switch (indicator.kind) {
      case "within":
        return this.#quantile(indicator.metric, "<=", indicator.limitText, target, at);
      case "share": {
        const { metric, isGood } = indicator;
        const value = isGood ? target : tidy(1 - target);
        return {
          metric,
          op: (isGood ? ">=" : "<=") as Operator,
          limit: { value, unit: "ratio" as const },
          text: formatQuantity("ratio", value),
          gate: { kind: "mean-upper-ci" } as Gate,
        };
      }
      case "threshold":
        return this.#threshold(indicator.metric, indicator.unit, target, at);
    }
  }

  #threshold(metric: string, unit: string, target: number, at: Path) {
    const op = OPERATORS[this.#text([...at, "op"]) ?? ""];
    if (op === undefined) {
      return this.#refuse([...at, "op"], "be lte, lt, gte or gt", this.#text([...at, "op"]));
    }
    const written = `${this.#text([...at, "value"]) ?? ""}${unit}`;
    const expression = parseExpression(metric);
    if (expression === undefined) return this.#quantile(metric, op, written, target, at);
    const limit = absoluteOf(written);
    if (limit === undefined) return this.#refuse([...at, "value"], VALUE_FORM, written);
    // One value for each run: the share of good events is one of runs.
    const gate: Gate = { kind: "share-of-seeds", ratio: target };
    return { metric: expression, op, limit, text: written, gate };
  }

  /** "A share `target` of the events is at most (at least) the limit". */
  #quantile(metric: string, op: Operator, written: string, target: number, at: Path) {
    const share = op === "<=" || op === "<" ? target : tidy(1 - target);
    const expression = parseExpression(`p${tidy(share * 100)}(${metric})`);
    const limit = absoluteOf(written);
    if (limit === undefined) return this.#refuse([...at, "value"], VALUE_FORM, written);
    if (expression === undefined) {
      const must = `be a share that ${EXPRESSION_FORM.split(",")[1]} can say: at most 3 digits after the per cent`;
      return this.#refuse([...at, "target"], must, String(target));
    }
    const gate: Gate = { kind: "mean-upper-ci" };
    return { metric: expression, op, limit, text: written, gate };
  }

  // ---- the indicator -----------------------------------------------------------------------------

  #indicator(): Indicator | undefined {
    const found = this.#indicatorNode();
    if (found === undefined) return undefined;
    const { node, at } = found;
    const ratio = nodeAt(node, ["ratioMetric"]);
    const metric = this.#annotation("metric");
    if (ratio !== undefined) {
      const rawType = textOf(nodeAt(ratio, ["rawType"]));
      const isGood =
        rawType === undefined ? nodeAt(ratio, ["bad"]) === undefined : rawType === "success";
      if (metric !== undefined)
        return this.#shareOf(metric, isGood, this.#annotationPath("metric"));
      if (nodeAt(ratio, ["raw"]) === undefined) return this.#ratio(ratio, at);
      const raw = this.#stated(nodeAt(ratio, ["raw"]));
      return raw === undefined
        ? this.#unmapped(at, "metric", "value(join.success.ratio)")
        : this.#shareOf(raw, isGood, at);
    }
    const threshold = nodeAt(node, ["thresholdMetric"]);
    if (threshold === undefined) {
      return this.#refuse(at, "have a ratioMetric or a thresholdMetric");
    }
    const stated = metric ?? this.#stated(threshold);
    if (stated === undefined) return this.#unmapped(at, "metric", "join.latency");
    const unit = this.#annotation("unit") ?? this.#spec(threshold, "unit") ?? "";
    return { kind: "threshold", metric: stated, unit: unit === "1" ? "" : unit };
  }

  /** Inline, or an SLI of the same file. */
  #indicatorNode(): { readonly node: SourceNode; readonly at: Path } | undefined {
    const inline = nodeAt(this.#root, ["spec", "indicator", "spec"]);
    if (inline !== undefined) return { node: inline, at: ["spec", "indicator", "spec"] };
    const named = this.#text(["spec", "indicatorRef"]);
    const at = ["spec", "indicatorRef"];
    if (named === undefined) {
      return this.#refuse(["spec"], "have an indicator or an indicatorRef");
    }
    const sli = this.#all.find(
      (one) =>
        textOf(nodeAt(one, ["kind"])) === "SLI" &&
        textOf(nodeAt(one, ["metadata", "name"])) === named,
    );
    const node = nodeAt(sli, ["spec"]);
    if (node === undefined) return this.#refuse(at, "name an SLI of the same file", named);
    return { node, at };
  }

  #ratio(ratio: SourceNode, at: Path): Indicator | undefined {
    const key =
      nodeAt(ratio, ["bad"]) === undefined && this.#annotation("bad") === undefined
        ? "good"
        : "bad";
    const part = this.#annotation(key) ?? this.#stated(nodeAt(ratio, [key]));
    if (part === undefined) return this.#unmapped(at, key, "join.succeeded");
    const whole = this.#annotation("total") ?? this.#stated(nodeAt(ratio, ["total"]));
    const events = eventsOf(part);
    const sign = key === "good" ? "<=" : ">";
    if (events === undefined || (events.sign !== undefined && events.sign !== sign)) {
      return this.#refuse(at, `count ${key} events as ${EVENTS_FORM.replace("<=", sign)}`, part);
    }
    if (events.limitText !== undefined) {
      if (whole !== undefined && whole !== events.metric) {
        return this.#refuse(
          at,
          `have ${events.metric} as its total, of which it bounds a part`,
          whole,
        );
      }
      return { kind: "within", metric: events.metric, limitText: events.limitText };
    }
    if (whole === undefined) return this.#unmapped(at, "total", "join.offered");
    return this.#shareOf(`ratio(${events.metric},${whole})`, key === "good", at);
  }

  #shareOf(written: string, isGood: boolean, at: Path): Indicator | undefined {
    const metric = parseExpression(written);
    if (metric !== undefined) return { kind: "share", metric, isGood };
    const events = eventsOf(written);
    if (events?.limitText !== undefined && (events.sign === "<=") === isGood) {
      return { kind: "within", metric: events.metric, limitText: events.limitText };
    }
    return this.#refuse(at, `name ${EXPRESSION_FORM}, or events such as ${EVENTS_FORM}`, written);
  }

  #unmapped(at: Path, key: string, example: string): undefined {
    const must =
      `say which metric of a run it means: metricSource.type stormglass with spec.metric, or the annotation ` +
      `${ANNOTATION}${key}, such as ${example}`;
    return this.#refuse(at, must);
  }

  /** What a metric source of ours names. */
  #stated(part: SourceNode | undefined): string | undefined {
    return this.#spec(part, "metric");
  }

  #spec(part: SourceNode | undefined, key: string): string | undefined {
    const source = nodeAt(part, ["metricSource"]);
    if (textOf(nodeAt(source, ["type"]))?.toLowerCase() !== "stormglass") return undefined;
    return textOf(nodeAt(source, ["spec", key]));
  }

  /** Where all parts of a ratio are counted. */
  #window(): string {
    const annotated = this.#annotation("window");
    const node = this.#indicatorNode()?.node;
    const parts = [
      ["thresholdMetric"],
      ...["raw", "good", "bad", "total"].map((part) => ["ratioMetric", part]),
    ];
    const stated = parts.map((path) => this.#spec(nodeAt(node, path), "window"));
    return annotated ?? stated.find((one) => one !== undefined) ?? "measured";
  }

  #period(): NonNullable<Budget["period"]> {
    const first: Path = ["spec", "timeWindow", 0];
    const duration = this.#text([...first, "duration"]);
    const isRolling = this.#text([...first, "isRolling"]) !== "false";
    const events = this.#annotation("events");
    const eventCount = events === undefined ? undefined : parseQuantity("count", numeric(events));
    if (events !== undefined && !((eventCount ?? 0) > 0)) {
      this.#refuse(this.#annotationPath("events"), "be a number of events, such as 60M", events);
    }
    const text = duration === undefined ? "" : `${duration}${isRolling ? ", rolling" : ""}`;
    return { text, eventCount };
  }

  // ---- places ------------------------------------------------------------------------------------

  #text(path: Path): string | undefined {
    return textOf(nodeAt(this.#root, path));
  }

  #annotationPath(key: string): Path {
    return ["metadata", "annotations", `${ANNOTATION}${key}`];
  }

  #annotation(key: string): string | undefined {
    return this.#text(this.#annotationPath(key));
  }

  #refuse(path: Path, must: string, got?: string): undefined {
    const name = this.#text(["metadata", "name"]) ?? "";
    const where = path
      .map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`))
      .join("");
    const came = got === undefined ? "" : `, got "${got}"`;
    const message = `SLO "${name}": ${where.slice(1)} must ${must}${came}`;
    this.#problems.push({ at: positionAt(this.#root, path), message });
    return undefined;
  }
}

const VALUE_FORM =
  "be a number; its unit (s, ms, B, MiB, %, or 1 for a plain number) stands in spec.unit of the " +
  "metric source or in the annotation stormglass.dev/unit";

const OPERATORS: Readonly<Record<string, Operator>> = { lte: "<=", lt: "<", gte: ">=", gt: ">" };

function textOf(node: SourceNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.value !== undefined ? String(node.value) : undefined;
}

/** A number of YAML that was read as text is a number again. */
function numeric(text: string): string | number {
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** `join.latency <= 1s` in parts; undefined when it is not one. */
function eventsOf(text: string) {
  const match = /^([a-z][\w./-]*)(?:\s*(<=|>)\s*(\S+))?$/.exec(text.trim());
  if (match === null) return undefined;
  const [, metric, sign, limitText] = match;
  return { metric: metric!, sign, limitText };
}

/** Names of OpenSLO are names of DNS: they may begin with a digit or hold dots. */
function idOf(name: string): string {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9-]+/g, "-");
  return /^[a-z]/.test(plain) ? plain : `slo-${plain}`;
}

/** Takes away the noise of binary fractions. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
