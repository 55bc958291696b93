// JSON Schemas of what exports write, by hand from the documentation of each: the fields that we use, their types and limits,
// and no others, so that a misspelt field is an error here as it is in a cluster.
//
// Sources: Kubernetes' API reference (autoscaling/v2, policy/v1, apps/v1), KEDA's ScaledObject 2.19, Prometheus' rule files and
// the operator's PrometheusRule, prometheus-adapter's config.md, Grafana's classic dashboard model.

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string", minLength: 1 };
const int32 = (minimum = 0, maximum = 2_147_483_647): Schema => ({
  type: "integer",
  minimum,
  maximum,
});
const oneOf = (...values: readonly string[]): Schema => ({ enum: values });
const list = (items: Schema, minItems = 0): Schema => ({ type: "array", items, minItems });
const texts: Schema = { type: "object", additionalProperties: { type: "string" } };
/** `required` and further `optional` fields, and nothing else. */
const shape = (
  required: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
): Schema => ({
  type: "object",
  properties: { ...required, ...optional },
  required: Object.keys(required),
  additionalProperties: false,
});

/** A quantity is a text: a number would be read through a double. */
const quantity: Schema = {
  type: "string",
  pattern: "^[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\\d+)?$",
};
const metadata = shape(
  { name: { type: "string", pattern: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$" } },
  { namespace: text, labels: texts, annotations: texts },
);
const reference = shape({ kind: text, name: text }, { apiVersion: text });
const selector = shape({}, { matchLabels: texts });
const metricName = shape({ name: text }, { selector });

const averageValue = shape({ type: { const: "AverageValue" }, averageValue: quantity });
const value = shape({ type: { const: "Value" }, value: quantity });
const utilization = shape({ type: { const: "Utilization" }, averageUtilization: int32(1) });
const either = (...schemas: readonly Schema[]): Schema => ({ oneOf: schemas });

const metric = either(
  shape({
    type: { const: "Resource" },
    resource: shape({ name: text, target: either(utilization, averageValue) }),
  }),
  shape({
    type: { const: "ContainerResource" },
    containerResource: shape({
      name: text,
      container: text,
      target: either(utilization, averageValue),
    }),
  }),
  shape({ type: { const: "Pods" }, pods: shape({ metric: metricName, target: averageValue }) }),
  shape({
    type: { const: "Object" },
    object: shape({
      describedObject: reference,
      metric: metricName,
      target: either(value, averageValue),
    }),
  }),
  shape({
    type: { const: "External" },
    external: shape({ metric: metricName, target: either(value, averageValue) }),
  }),
);
const scalingRules = shape(
  {},
  {
    stabilizationWindowSeconds: int32(0, 3_600),
    selectPolicy: oneOf("Max", "Min", "Disabled"),
    tolerance: quantity,
    policies: list(
      shape({ type: oneOf("Pods", "Percent"), value: int32(1), periodSeconds: int32(1, 1_800) }),
      1,
    ),
  },
);
const behavior = shape({}, { scaleUp: scalingRules, scaleDown: scalingRules });

const HPA = shape({
  apiVersion: { const: "autoscaling/v2" },
  kind: { const: "HorizontalPodAutoscaler" },
  metadata,
  spec: shape(
    { scaleTargetRef: reference, maxReplicas: int32(1) },
    { minReplicas: int32(0), metrics: list(metric), behavior },
  ),
});

const trigger = either(
  shape(
    {
      type: { const: "prometheus" },
      metricType: oneOf("AverageValue", "Value"),
      metadata: shape(
        {
          serverAddress: { type: "string", pattern: "^https?://" },
          query: text,
          threshold: { type: "string", pattern: "^\\d+(\\.\\d+)?$" },
        },
        {
          activationThreshold: text,
          ignoreNullValues: oneOf("true", "false"),
          namespace: text,
          unsafeSsl: text,
          timeout: text,
        },
      ),
    },
    {
      name: { type: "string", pattern: "^[a-z][a-z0-9-]*$" },
      useCachedMetrics: { type: "boolean" },
    },
  ),
  shape({
    type: oneOf("cpu", "memory"),
    metricType: oneOf("Utilization", "AverageValue"),
    metadata: shape({ value: text }, { containerName: text }),
  }),
);
const SCALED_OBJECT = shape({
  apiVersion: { const: "keda.sh/v1alpha1" },
  kind: { const: "ScaledObject" },
  metadata,
  spec: shape(
    { scaleTargetRef: reference, triggers: list(trigger, 1) },
    {
      pollingInterval: int32(1),
      cooldownPeriod: int32(0),
      minReplicaCount: int32(0),
      maxReplicaCount: int32(1),
      fallback: shape(
        { failureThreshold: int32(1), replicas: int32(1) },
        {
          behavior: oneOf(
            "static",
            "currentReplicas",
            "currentReplicasIfHigher",
            "currentReplicasIfLower",
          ),
        },
      ),
      advanced: shape({}, { horizontalPodAutoscalerConfig: shape({}, { name: text, behavior }) }),
    },
  ),
});

const PDB = shape({
  apiVersion: { const: "policy/v1" },
  kind: { const: "PodDisruptionBudget" },
  metadata,
  spec: shape({ maxUnavailable: int32(0), selector }),
});

const WORKLOAD = shape({
  apiVersion: { const: "apps/v1" },
  kind: oneOf("StatefulSet", "Deployment"),
  metadata,
  spec: shape({
    template: shape({
      spec: shape({
        terminationGracePeriodSeconds: int32(1),
        topologySpreadConstraints: list(
          shape({
            maxSkew: int32(1),
            topologyKey: text,
            whenUnsatisfiable: oneOf("DoNotSchedule", "ScheduleAnyway"),
            labelSelector: selector,
          }),
        ),
        containers: list(
          shape({ name: text, env: list(shape({ name: text, value: { type: "string" } })) }),
          1,
        ),
      }),
    }),
  }),
});

const COMPONENT = shape({
  apiVersion: { const: "kustomize.config.k8s.io/v1alpha1" },
  kind: { const: "Component" },
  patches: list(shape({ path: text }), 1),
});

const ruleName = "^[a-zA-Z_:][a-zA-Z0-9_:]*$";
const duration: Schema = { type: "string", pattern: "^\\d+[smhdw]$" };
const groups = list(
  shape({
    name: text,
    rules: list(
      either(
        shape({ record: { type: "string", pattern: ruleName }, expr: text }, { labels: texts }),
        shape(
          { alert: { type: "string", pattern: ruleName }, expr: text },
          { for: duration, labels: texts, annotations: texts },
        ),
      ),
      1,
    ),
  }),
  1,
);
const RULES = shape({ groups });
const PROMETHEUS_RULE = shape({
  apiVersion: { const: "monitoring.coreos.com/v1" },
  kind: { const: "PrometheusRule" },
  metadata,
  spec: RULES,
});
const RULE_TESTS = shape({
  rule_files: list(text, 1),
  evaluation_interval: duration,
  tests: list(
    shape({
      name: text,
      interval: duration,
      input_series: list(shape({ series: text, values: text }), 1),
      alert_rule_test: list(
        shape({
          eval_time: duration,
          alertname: text,
          exp_alerts: list(shape({ exp_labels: texts, exp_annotations: texts })),
        }),
        1,
      ),
    }),
    1,
  ),
});

const adapterRule = shape({
  seriesQuery: text,
  resources: shape({
    overrides: { type: "object", additionalProperties: shape({ resource: text }) },
  }),
  name: shape({ matches: text, as: text }),
  metricsQuery: text,
});
const ADAPTER = shape({ rules: list(adapterRule), externalRules: list(adapterRule) });

const datasource = shape({ type: { const: "prometheus" }, uid: text });
const gridPos = shape({ h: int32(1), w: int32(1, 24), x: int32(0, 23), y: int32(0) });
const DASHBOARD: Schema = {
  type: "object",
  required: ["uid", "title", "schemaVersion", "panels", "templating", "time"],
  properties: {
    uid: { type: "string", pattern: "^[a-zA-Z0-9_-]{1,40}$" },
    schemaVersion: int32(36, 42),
    templating: shape({
      list: list({
        type: "object",
        required: ["name", "type", "query"],
        properties: { type: oneOf("datasource", "query") },
      }),
    }),
    panels: list(
      either(
        shape({ type: { const: "text" }, id: int32(1), title: text, gridPos, options: {} }),
        shape({
          type: { const: "timeseries" },
          id: int32(1),
          title: text,
          description: text,
          gridPos,
          datasource,
          fieldConfig: { type: "object", required: ["defaults", "overrides"] },
          options: {},
          targets: list(
            shape({
              datasource,
              editorMode: text,
              expr: text,
              legendFormat: text,
              range: { const: true },
              refId: { type: "string", pattern: "^[A-Z]$" },
            }),
            1,
          ),
        }),
      ),
      2,
    ),
  },
};

/** By name of the exported file. */
export const EXPORT_SCHEMAS: Readonly<Record<string, Schema>> = {
  "hpa.yaml": HPA,
  "keda-scaledobject.yaml": SCALED_OBJECT,
  "prometheus-adapter.yaml": ADAPTER,
  "alerts.yaml": RULES,
  "prometheus-rule.yaml": PROMETHEUS_RULE,
  "alerts.test.yaml": RULE_TESTS,
  "grafana-dashboard.json": DASHBOARD,
  "disruption/patch-pdb.yaml": PDB,
  "disruption/patch-workload.yaml": WORKLOAD,
  "disruption/kustomization.yaml": COMPONENT,
};
