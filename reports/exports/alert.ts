// One alert: what it asks, what it says, and series that make it fire.
//
// Every alert says in words what happens to people and where docs/deploy.md goes on.

export interface Recording {
  readonly record: string;
  readonly expr: string;
}

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly description: string;
  /** Of docs/deploy.md. */
  readonly anchor: string;
}

/** An alert and series that make it fire. */
export interface SampledAlert extends AlertRule {
  readonly sample: {
    /** Series, and its values per minute as promtool writes them. */
    readonly series: readonly (readonly [string, string])[];
    readonly atMinute: number;
    /** Labels of the alert that are not of the rule, but namespace. */
    readonly labels: Readonly<Record<string, string>>;
  };
}

/** An alert as the rules file has it. */
export interface WrittenAlert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The file that the tests of promtool name. */
export const RULES_FILE = "alerts.yaml";
const DOCUMENT = "docs/deploy.md";

export function writtenAlert(rule: AlertRule): WrittenAlert {
  const { alert, expr, labels, summary, description, anchor } = rule;
  return {
    alert,
    expr,
    ...(rule.for === undefined ? {} : { for: rule.for }),
    labels,
    annotations: { summary, description, runbook: `${DOCUMENT}#${anchor}` },
  };
}
