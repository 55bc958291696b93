// Tests of the exported alerts, for promtool: each symptom fires when it must, and not at once; of the burn rates fire those
// whose pace is exceeded, no others, none for few events, and the fast one not for long after the trouble.

import { BURNS, type BurnRules, eventsLeastOf } from "./burn-rate.ts";
import { formatted } from "./numbers.ts";
import type { Objective } from "./objectives.ts";
import { headOf } from "./provenance.ts";
import { type AlertRule, RULES_FILE, type SampledAlert, writtenAlert } from "./alert.ts";
import { namespaceScope } from "./server-metrics.ts";
import type { ExportSubject } from "./subject.ts";
import { yamlText } from "./yaml-text.ts";

type Values = readonly (readonly [string, string])[];

/** Minutes of trouble before a burn rate is looked at. Of a longer window they are all that there is, and its share is the same. */
const TROUBLE_MIN = 70;
/** Minutes after which a fast alert has ended: its short window of 5 min, and a bit. */
const OVER_MIN = 8;

export function ruleTestsText(
  subject: ExportSubject,
  objectives: readonly Objective[],
  burns: readonly BurnRules[],
  symptoms: readonly SampledAlert[],
): string {
  const tests = [
    ...objectives.flatMap((objective, i) => burnTests(subject, objective, burns[i]!)), // One per objective.
    ...symptoms.map((alert) => symptomTest(subject, alert)),
  ];
  const what = "Tests of the alerts: promtool test rules alerts.test.yaml";
  const file = { rule_files: [RULES_FILE], evaluation_interval: "5m", tests };
  return yamlText(file, headOf(subject, what));
}

function testOf(
  name: string,
  values: Values,
  looks: readonly { readonly minute: number; readonly alert: AlertRule; readonly fires?: object }[],
): object {
  return {
    name,
    interval: "1m",
    input_series: values.map(([series, text]) => ({ series, values: text })),
    alert_rule_test: looks.map(({ minute, alert, fires }) => ({
      eval_time: `${minute}m`,
      alertname: alert.alert,
      exp_alerts: fires === undefined ? [] : [fires],
    })),
  };
}

/** An alert as it is fired, its templates filled in. */
function fired(
  { namespace }: ExportSubject,
  alert: AlertRule,
  more: Readonly<Record<string, string>>,
) {
  const { labels, annotations } = writtenAlert(alert);
  const all: Readonly<Record<string, string>> = { namespace, ...more, ...labels };
  const filled = Object.entries(annotations).map(([key, text]) => [
    key,
    text.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, (_whole, label: string) => all[label] ?? ""),
  ]);
  return { exp_labels: all, exp_annotations: Object.fromEntries(filled) as object };
}

function symptomTest(subject: ExportSubject, alert: SampledAlert): object {
  const { series, atMinute, labels } = alert.sample;
  return testOf(
    `${alert.alert} fires`,
    series,
    [
      { minute: 0, alert },
      { minute: atMinute, alert, fires: fired(subject, alert, labels) },
    ].slice(alert.for === undefined ? 1 : 0),
  );
}

function burnTests(subject: ExportSubject, objective: Objective, { alerts }: BurnRules): object[] {
  const allowed = 1 - objective.share;
  const rows = alerts.map((alert) => {
    const burn = BURNS.find(({ name }) => alert.alert.endsWith(`Burn${name}`))!; // Named after it.
    return { alert, burn, threshold: formatted(burn.factor * allowed) };
  });
  // Enough events for the guard of each within the first hour, and for half of what is allowed to be a count.
  const guards = rows.map(({ threshold }) => eventsLeastOf(threshold));
  const events = Math.max(
    1_000,
    Math.ceil(Math.max(0, ...guards) / 30),
    Math.ceil(formatted(10 / allowed)),
  );
  const trouble = (bad: number): object => {
    const share = bad / events;
    const isFast = rows.some(({ burn, threshold }) => burn.name === "Fast" && share > threshold);
    return testOf(
      `${objective.id}: ${bad} bad events of ${events} a minute`,
      countersOf(subject, objective, events, bad, isFast ? OVER_MIN + 1 : 0),
      rows.flatMap(({ alert, burn, threshold }) => [
        share > threshold
          ? { minute: TROUBLE_MIN - 1, alert, fires: fired(subject, alert, {}) }
          : { minute: TROUBLE_MIN - 1, alert },
        // The short window lets go soon after the trouble is over.
        ...(isFast && burn.name === "Fast" ? [{ minute: TROUBLE_MIN + OVER_MIN, alert }] : []),
      ]),
    );
  };
  const few = testOf(
    `${objective.id}: hardly more than one event an hour, and it is bad`,
    countersOf(subject, objective, 0.02, 0.02, 0),
    rows.map(({ alert }) => ({ minute: TROUBLE_MIN - 1, alert })),
  );
  const burning = rows.map(({ threshold }) =>
    Math.min(events, Math.ceil(events * Math.min(1, threshold * 1.2))),
  );
  return [few, ...[Math.floor((events * allowed) / 2), ...burning.reverse()].map(trouble)];
}

/** Counters over the trouble, then `quietMin` minutes without a bad event. */
function countersOf(
  subject: ExportSubject,
  objective: Objective,
  perMinute: number,
  badPerMinute: number,
  quietMin: number,
): Values {
  const { all, good, bad } = objective.counters(
    `${namespaceScope(subject.namespace)},pod="stormglass-edge-a"`,
  );
  const line = (during: number, after: number): string => {
    const end = during * TROUBLE_MIN;
    const trouble = `0+${during}x${TROUBLE_MIN}`;
    return quietMin === 0 ? trouble : `${trouble} ${end + after}+${after}x${quietMin}`;
  };
  const healthy = perMinute - badPerMinute;
  // Of a histogram all events are counted, else those that went well.
  const rows: [string, string][] = [
    [all, line(good === undefined ? healthy : perMinute, perMinute)],
  ];
  if (good !== undefined) rows.push([good, line(healthy, perMinute)]);
  if (bad !== undefined) rows.push([bad, line(badPerMinute, 0)]);
  return rows;
}
