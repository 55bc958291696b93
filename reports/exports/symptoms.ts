// Alerts on what an operator can do something about, whatever the objectives say: docs/deploy.md has a line for each.

import type { SampledAlert } from "./alert.ts";
import { clusterSeries, namespaceScope, series } from "./server-metrics.ts";
import type { ExportSubject } from "./subject.ts";

/** Without a target of the HPA. Assumed: twice what the HPA that ships takes for busy. */
const QUEUE_FALLBACK = 500;
/** Times the HPA's target at which a queue is no longer the HPA's affair. Assumed. */
const QUEUE_FACTOR = 2;

const PER_POD = "{{ $labels.pod }}";

/** Alerts with a sample that makes each of them fire, for their tests. */
export function symptomAlerts(subject: ExportSubject): readonly SampledAlert[] {
  const scaled = subject.hpa === undefined ? [] : hpaAlerts(subject);
  return [...loadAlerts(subject), ...scaled, ...healthAlerts(subject)];
}

const NODE = 'role="node"';
const EDGE = 'role="edge"';
/** Of the series in tests. */
const EDGE_POD = 'pod="stormglass-edge-a"';

function loadAlerts(subject: ExportSubject): readonly SampledAlert[] {
  return [queueAlert(subject), criticalAlert(subject), busyAlert(subject)];
}

function queueAlert(subject: ExportSubject): SampledAlert {
  const scope = namespaceScope(subject.namespace);
  const queueMax = queueLimit(subject);
  const pod = `${subject.workload.name}-3`;
  return {
    alert: "StormglassFanoutQueue",
    expr: `${series(scope, "fanout_queue_depth", NODE)} > ${queueMax}`,
    for: "1m",
    labels: { severity: "page" },
    summary: `${PER_POD} does not keep up with its rooms.`,
    description: `More than ${queueMax} deliveries wait for their slice, for a minute: calls on this node feel slow, and more nodes help only once rooms are founded there.`,
    anchor: "stormglassfanoutqueue",
    sample: {
      series: [[series(scope, "fanout_queue_depth", NODE, `pod="${pod}"`), `${queueMax + 1}x30`]],
      atMinute: 10,
      labels: { pod, role: "node" },
    },
  };
}

function criticalAlert(subject: ExportSubject): SampledAlert {
  const scope = namespaceScope(subject.namespace);
  const dropped = (...matchers: readonly string[]): string =>
    series(scope, "rtc_room_updates_dropped_total", 'class="critical"', ...matchers);
  return {
    alert: "StormglassCriticalDropped",
    expr: `sum by (namespace, scope) (increase(${dropped()}[5m])) > 0`,
    labels: { severity: "page" },
    summary: "Critical messages are given up.",
    description:
      "Offers, answers and joins are dropped at {{ $labels.scope }}, after everything else was: calls fail to connect. Clients are told, and must come again.",
    anchor: "stormglasscriticaldropped",
    sample: {
      series: [[dropped(EDGE, EDGE_POD, 'scope="fanout"'), "0+6x30"]],
      atMinute: 20,
      labels: { scope: "fanout" },
    },
  };
}

function busyAlert(subject: ExportSubject): SampledAlert {
  const scope = namespaceScope(subject.namespace);
  const busy = (...matchers: readonly string[]): string =>
    series(scope, "rtc_refusals_total", EDGE, 'code="busy"', ...matchers);
  const joins = (...matchers: readonly string[]): string =>
    series(scope, "rtc_joins_total", EDGE, ...matchers);
  const rate = (text: string): string => `sum by (namespace) (rate(${text}[5m]))`;
  return {
    alert: "StormglassTurnedAway",
    expr: `${rate(busy())} > ${rate(joins())}`,
    for: "10m",
    labels: { severity: "page" },
    summary: "More clients are told busy than are let in, for 10 minutes.",
    description:
      "A storm is spread by being told to come again, and passes. This does not pass: there are too few nodes or edges, or they admit too slowly.",
    anchor: "stormglassturnedaway",
    sample: {
      series: [
        [busy(EDGE_POD), "0+600x40"],
        [joins(EDGE_POD), "0+60x40"],
      ],
      atMinute: 30,
      labels: {},
    },
  };
}

function queueLimit({ hpa }: ExportSubject): number {
  for (const metric of hpa?.metrics ?? []) {
    if ("metric" in metric && metric.metric === "fanout_queue_depth") {
      return Math.ceil(QUEUE_FACTOR * Number(metric.amount));
    }
  }
  return QUEUE_FALLBACK;
}

function hpaAlerts({ namespace, hpa }: ExportSubject): readonly SampledAlert[] {
  const scope = namespaceScope(namespace);
  const name = String((hpa!.manifest["metadata"] as { name?: unknown }).name); // Only with an HPA.
  const own = `horizontalpodautoscaler="${name}"`;
  const prefix = "kube_horizontalpodautoscaler";
  const desired = clusterSeries(scope, `${prefix}_status_desired_replicas`, own);
  const max = clusterSeries(scope, `${prefix}_spec_max_replicas`, own);
  const inactive = clusterSeries(
    scope,
    `${prefix}_status_condition`,
    own,
    'condition="ScalingActive"',
    'status="false"',
  );
  return [
    {
      alert: "StormglassHpaAtMaximum",
      expr: `${desired} >= on (namespace, horizontalpodautoscaler) ${max}`,
      for: "10m",
      labels: { severity: "ticket" },
      summary: "The HPA of the nodes is at maxReplicas, for 10 minutes.",
      description: `It would perhaps go further and may not: whatever comes now meets admission alone. The run allowed ${hpa!.maxReplicas}.`,
      anchor: "stormglasshpaatmaximum",
      sample: {
        series: [
          [desired, `${hpa!.maxReplicas}x40`],
          [max, `${hpa!.maxReplicas}x40`],
        ],
        atMinute: 20,
        labels: { horizontalpodautoscaler: name },
      },
    },
    {
      alert: "StormglassHpaWithoutMetrics",
      expr: `${inactive} == 1`,
      for: "5m",
      labels: { severity: "page" },
      summary: "The HPA of the nodes cannot compute a metric, for 5 minutes.",
      description:
        "It never scales down now, and up only by the metrics that are left. Prometheus, its adapter or the names of the metrics.",
      anchor: "stormglasshpawithoutmetrics",
      sample: {
        series: [[inactive, "1x40"]],
        atMinute: 20,
        labels: { horizontalpodautoscaler: name, condition: "ScalingActive", status: "false" },
      },
    },
  ];
}

interface Plain {
  readonly name: string;
  /** Metric, its matchers of the rule, and those that only a series of a test has. */
  readonly of: Parameters<typeof series>[1];
  readonly matchers: readonly string[];
  readonly is: string;
  readonly for: string;
  readonly severity: "page" | "ticket";
  readonly summary: string;
  readonly description: string;
  readonly sampleValue: string;
  readonly sampleLabels: Readonly<Record<string, string>>;
}

const HEALTH: readonly Plain[] = [
  {
    name: "StormglassNoReserve",
    of: "stormglass_reserve_connections",
    matchers: ['role="edge"'],
    is: "< 0",
    for: "2m",
    severity: "ticket",
    summary: "A node's death would leave people outside.",
    description:
      "As {{ $labels.pod }} sees the cluster, the nodes that would be left cannot take the sessions of the largest one.",
    sampleValue: "-40",
    sampleLabels: {},
  },
  {
    name: "StormglassBusDown",
    of: "stormglass_bus_up",
    matchers: [],
    is: "== 0",
    for: "1m",
    severity: "page",
    summary: "{{ $labels.pod }} cannot reach the bus, for a minute.",
    description:
      "Rooms of one node go on, and joins too; rooms over several nodes are apart, and no beat is heard.",
    sampleValue: "0",
    sampleLabels: {},
  },
  {
    name: "StormglassNodeUnreachable",
    of: "stormglass_nodes",
    matchers: ['state="unreachable"'],
    is: "> 0",
    for: "30s",
    severity: "page",
    summary: "{{ $labels.pod }} hears a node that it cannot reach.",
    description:
      "Its beats arrive and its trunk does not open: a network that is cut, or a certificate.",
    sampleValue: "1",
    sampleLabels: { state: "unreachable" },
  },
  {
    name: "StormglassEventLoopLate",
    of: "stormglass_event_loop_lag_seconds",
    matchers: ['quantile="0.99"'],
    is: "> 0.1",
    for: "5m",
    severity: "ticket",
    summary: "The event loop of {{ $labels.pod }} is more than 100 ms late, for 5 minutes.",
    description:
      "The process has more to do than one core does, or its machine gives it less than one.",
    sampleValue: "0.4",
    sampleLabels: { quantile: "0.99" },
  },
  {
    name: "StormglassDrainHangs",
    of: "stormglass_draining",
    matchers: [],
    is: "== 1",
    for: "10m",
    severity: "ticket",
    summary: "{{ $labels.pod }} drains for 10 minutes and is not empty.",
    description: "Its sessions have nowhere to go: add a node, or end it.",
    sampleValue: "1",
    sampleLabels: {},
  },
];

function healthAlerts({ namespace }: ExportSubject): readonly SampledAlert[] {
  const scope = namespaceScope(namespace);
  return HEALTH.map((one) => {
    const isNoRole = one.matchers.every((matcher) => !matcher.startsWith("role="));
    const more = [EDGE_POD, ...(isNoRole ? [EDGE] : [])];
    return {
      alert: one.name,
      expr: `${series(scope, one.of, ...one.matchers)} ${one.is}`,
      for: one.for,
      labels: { severity: one.severity },
      summary: one.summary,
      description: one.description,
      anchor: one.name.toLowerCase(),
      sample: {
        series: [[series(scope, one.of, ...one.matchers, ...more), `${one.sampleValue}x40`]],
        atMinute: 30,
        labels: { pod: "stormglass-edge-a", role: "edge", ...one.sampleLabels },
      },
    };
  });
}
