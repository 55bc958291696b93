// Prometheus rules: a file of groups, the same as a PrometheusRule for its operator, and the tests of promtool.

import { RULES_FILE, type WrittenAlert, writtenAlert } from "./alert.ts";
import { type BurnRules, burnRules } from "./burn-rate.ts";
import { derivedObjectives, type Objective } from "./objectives.ts";
import { annotationsOf, headOf } from "./provenance.ts";
import { ruleTestsText } from "./rule-tests.ts";
import { namespaceScope } from "./server-metrics.ts";
import type { ExportSubject, Exported } from "./subject.ts";
import { symptomAlerts } from "./symptoms.ts";
import { type Remark, yamlText } from "./yaml-text.ts";

export function alertsExport(subject: ExportSubject): Exported {
  const { objectives, left } = derivedObjectives(subject.checks);
  const scope = namespaceScope(subject.namespace);
  const burns = objectives.map((objective) => burnRules(objective, scope));
  const symptoms = symptomAlerts(subject);
  const groups = groupsOf(
    objectives,
    burns,
    symptoms.map((alert) => writtenAlert(alert)),
  );
  const notes = [
    ...burns.flatMap(({ dropped }) => dropped),
    ...left.map(({ id, why }) => `${id}: no burn rate, ${why}`),
  ];
  const head = (what: string): string =>
    [headOf(subject, what), ...(notes.length === 0 ? [] : [""]), ...notes].join("\n");
  const remark = (path: Remark["path"]): readonly Remark[] =>
    burns.length === 0
      ? []
      : [
          {
            path: [...path, 0],
            text: "Bad events and all events per second, over each window.",
          },
        ];
  const resource = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: {
      name: "stormglass",
      namespace: subject.namespace,
      annotations: annotationsOf(subject),
    },
    spec: { groups },
  };
  const ruleWhat = `Alerting rules of Prometheus; ${RULES_FILE.replace(".yaml", ".test.yaml")} tests them with promtool test rules.`;
  const crdWhat =
    "The rules as a PrometheusRule for the Prometheus operator, instead of alerts.yaml: kubectl apply -f prometheus-rule.yaml";
  return {
    files: [
      { name: RULES_FILE, text: yamlText({ groups }, head(ruleWhat), remark(["groups"])) },
      {
        name: "prometheus-rule.yaml",
        text: yamlText(resource, head(crdWhat), remark(["spec", "groups"])),
      },
      { name: "alerts.test.yaml", text: ruleTestsText(subject, objectives, burns, symptoms) },
    ],
    warnings: [],
  };
}

/** A group is evaluated in order: what is recorded first is what the alerts after it see, not what it was a while ago. */
function groupsOf(
  objectives: readonly Objective[],
  burns: readonly BurnRules[],
  symptoms: readonly WrittenAlert[],
): object[] {
  const budgets = burns.map(({ recordings, alerts }, i) => ({
    name: `stormglass-budget-${objectives[i]!.id}`, // One per objective.
    rules: [...recordings, ...alerts.map((alert) => writtenAlert(alert))],
  }));
  return [...budgets, { name: "stormglass-symptoms", rules: symptoms }];
}
