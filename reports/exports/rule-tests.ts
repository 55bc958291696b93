// Tests of the exported alerts, for promtool: each alert fires when it must, and burn rates do not for few events, for none
// that is bad, nor for long after the trouble.

import { BURNS, type BurnRules, eventsLeastOf, secondsOf } from "./burn-rate.ts";
import { formatted } from "./numbers.ts";
import type { Objective } from "./objectives.ts";
import { headOf } from "./provenance.ts";
import { type AlertRule, RULES_FILE, type SampledAlert, writtenAlert } from "./alert.ts";
import { namespaceScope } from "./server-metrics.ts";
import type { ExportSubject } from "./subject.ts";
import { yamlText } from "./yaml-text.ts";

type Values = readonly (readonly [string, string])[];

/** Minutes of trouble before a burn rate is looked at: the longest short window, and a bit. */
const TROUBLE_MIN = 420;
/** Minutes after which a fast alert has ended: its short window, and a bit. */
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
  const file = { rule_files: [RULES_FILE], evaluation_interval: "1m", tests };
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
  const tests: object[] = [];
  for (const alert of alerts) {
    const burn = BURNS.find(({ name }) => alert.alert.endsWith(`Burn${name}`))!; // Named after it.
    const threshold = formatted(burn.factor * (1 - objective.share));
    // Enough events for the guard within the shortest time that is looked at.
    const perMinute = Math.ceil(
      (eventsLeastOf(threshold) * 2) / Math.min(60, secondsOf(burn.long) / 60),
    );
    const events = Math.max(perMinute, 1_000);
    const bad = Math.min(events, Math.ceil(events * threshold * 1.5));
    const fires = fired(subject, alert, {});
    tests.push(
      testOf(
        `${alert.alert} fires at ${bad} bad events of ${events} a minute, and ends`,
        countersOf(subject, objective, events, bad, OVER_MIN + 30),
        [
          { minute: TROUBLE_MIN - 1, alert, fires },
          ...(burn.name === "Fast" ? [{ minute: TROUBLE_MIN + OVER_MIN, alert }] : []),
        ],
      ),
      testOf(
        `${alert.alert} is silent without bad events`,
        countersOf(subject, objective, events, 0, 0),
        [{ minute: TROUBLE_MIN - 1, alert }],
      ),
    );
  }
  const [fast] = alerts;
  if (fast !== undefined) {
    // Hardly more than one event an hour, and it is bad.
    const few = countersOf(subject, objective, 0.02, 0.02, 0);
    tests.push(
      testOf(`${fast.alert} is silent for few events`, few, [
        { minute: TROUBLE_MIN - 1, alert: fast },
      ]),
    );
  }
  return tests;
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
