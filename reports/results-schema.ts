// The form of results.json: a contract with other programs, versioned, and the same for every run.
//
// Whatever depends on the clock or the machine is under `wall`, so that two runs of the same inputs
// differ nowhere else and the files can be compared. Verdicts are words, values stand beside limits,
// and every number says its unit.

import Type, { type Static } from "typebox";

/** Grows in the second number when something is added, in the first when something changes. */
export const RESULTS_VERSION = "1.2";

const closed = { additionalProperties: false };
const text = (description: string) => Type.String({ description });
const number = (description: string) => Type.Number({ description });
const whole = (description: string) => Type.Integer({ description, minimum: 0 });
const names = (description: string) => Type.Array(Type.String(), { description });
const verdict = Type.Enum(["pass", "fail", "inconclusive"]);
const unit = Type.Enum(["ms", "count", "bytes", "ratio"]);

const Interval = Type.Object(
  { low: number("lower end"), high: number("upper end") },
  { ...closed, description: "95 % interval of the mean over seeds" },
);

const CheckResult = Type.Object(
  {
    id: text("name within its budget file"),
    title: text("what is promised"),
    metric: text("expression, such as p99(join.latency)"),
    window: text("window of the scenario"),
    op: Type.Enum(["<=", "<", ">=", ">", "=="]),
    unit,
    limit: Type.Optional(number("in the unit; for a paired budget the mean of the seeds' limits")),
    limitText: text("as the budget file has it"),
    gate: text("rule over seeds"),
    severity: Type.Enum(["fail", "warn"]),
    versus: Type.Optional(text("the paired run, such as `without kill-node`")),
    value: Type.Optional(number("mean over seeds; absent when nothing was measured")),
    interval: Type.Optional(Interval),
    difference: Type.Optional(
      Type.Object(
        { value: number("mean"), low: number("lower end"), high: number("upper end") },
        { ...closed, description: "value − paired value, over seeds" },
      ),
    ),
    margin: Type.Optional(number("room between the bad end and the limit, share of the limit")),
    worstSeed: Type.Optional(whole("seed with the worst value")),
    seeds: Type.Array(
      Type.Object(
        {
          seed: whole("seed"),
          value: Type.Optional(number("measured")),
          paired: Type.Optional(number("measured in the paired run")),
          limit: Type.Optional(number("what it was compared with")),
          holds: Type.Optional(Type.Boolean({ description: "whether the limit is met" })),
        },
        closed,
      ),
    ),
    verdict,
    note: text("why, where the verdict alone does not say it"),
    source: Type.Object({ file: text("budget file"), line: whole("line") }, closed),
  },
  closed,
);

const HistogramSummary = Type.Object(
  {
    count: whole("recorded values"),
    min: number("exact"),
    max: number("exact"),
    mean: number("exact sum over count"),
    p50: number("to 3 digits"),
    p90: number("to 3 digits"),
    p95: number("to 3 digits"),
    p99: number("to 3 digits"),
    p999: number("99.9 %, to 3 digits"),
  },
  closed,
);

const AutoscalingSummary = Type.Object(
  {
    kubernetesVersion: text("release whose controller was simulated"),
    workloadKind: Type.Enum(["Deployment", "StatefulSet"]),
    replicas: Type.Array(
      Type.Object({ atMs: number("from when on, ms"), replicas: whole("asked for") }, closed),
      {
        description:
          "replicas of the scale at the HPA's first look, and each change; empty without an HPA",
      },
    ),
    rescales: whole("changes of the scale by the HPA"),
    flaps: whole("rescales against the direction of the one before, at most 15 min after it"),
  },
  { ...closed, description: "how the nodes were scaled; runs.json has every decision and pod" },
);

const RunSummary = Type.Object(
  {
    seed: whole("seed"),
    variant: text("full, or without:<fault>"),
    digest: text("digest of every event, 16 hex digits"),
    eventCount: whole("events"),
    simulatedMs: number("simulated time, ms"),
    endedEarly: Type.Optional(Type.Enum(["events", "heap", "invariant", "interrupted"])),
    values: Type.Record(Type.String(), Type.Number(), { description: "metric@window → value" }),
    histograms: Type.Record(Type.String(), HistogramSummary, {
      description: "metric@window → summary, in the metric's unit; runs.json has the counts",
    }),
    autoscaling: Type.Optional(AutoscalingSummary),
    invariants: Type.Array(
      Type.Object(
        { name: text("name"), ok: Type.Boolean(), detail: text("what was seen") },
        closed,
      ),
    ),
    findings: names("what the run's numbers say"),
  },
  closed,
);

const IncidentResult = Type.Object(
  {
    check: text("id of the check"),
    fault: text("fault that began it"),
    window: text("window that begins with the fault"),
    target: number("share of the events that must be good"),
    period: text("what the budget is for: `28d, rolling`, or `the run`"),
    bad: number("bad events of the window, mean over seeds"),
    allowed: number("bad events that the period allows, mean over seeds"),
    share: number("bad ÷ allowed, mean over seeds: the share of the error budget that was spent"),
    seeds: Type.Array(Type.Object({ seed: whole("seed"), share: number("of the seed") }, closed)),
  },
  { ...closed, description: "what a fault spent of the error budget of a check" },
);

const MatrixCell = Type.Object(
  {
    of: text("name of the scenario that has the matrix"),
    settings: Type.Array(
      Type.Object(
        {
          path: text("the setting, as --set takes it"),
          label: text("short for it, alone among the axes"),
          value: text("as the file has it"),
        },
        closed,
      ),
      { description: "what tells this cell from the others, in the order of the axes" },
    ),
  },
  { ...closed, description: "which cell of a matrix; absent where there is none" },
);

const ScenarioResult = Type.Object(
  {
    name: text("name of the scenario; of a cell of a matrix <scenario>@<cell>"),
    matrix: Type.Optional(MatrixCell),
    title: text("the question"),
    answer: text("one sentence"),
    verdict,
    digest: text("sha256 of the resolved scenario: equal digests asked the same question"),
    files: Type.Record(Type.String(), Type.String(), {
      description: "every file that was read → sha256 of its text",
    }),
    profile: Type.Object(
      {
        name: text("profile of costs"),
        measured: whole("costs that were measured"),
        cited: whole("costs that were cited"),
        assumed: whole("costs that were assumed"),
      },
      closed,
    ),
    windows: Type.Record(
      Type.String(),
      Type.Object({ fromMs: number("ms"), toMs: number("ms") }, closed),
    ),
    checks: Type.Array(CheckResult),
    incidents: Type.Optional(
      Type.Array(IncidentResult, {
        description:
          "for each check that promises a share of events and each window that begins with a fault",
      }),
    ),
    alarms: names("what makes the run unfit for an answer"),
    runs: Type.Array(RunSummary),
  },
  closed,
);

export const ResultsDocument = Type.Object(
  {
    $schema: text("this schema"),
    schemaVersion: Type.Literal(RESULTS_VERSION),
    tool: Type.Object(
      {
        name: Type.Literal("stormglass"),
        version: text("version"),
        model: Type.Optional(text("digest of the code that simulates: core and sim")),
      },
      closed,
    ),
    complete: Type.Boolean({ description: "false when the run was interrupted" }),
    command: text("what reproduces this file"),
    settings: names("--set, in order"),
    verdict,
    scenarios: Type.Array(ScenarioResult),
    wall: Type.Object(
      {
        seconds: number("time it took"),
        node: text("version of Node"),
        platform: text("operating system and processor"),
        jobs: whole("worker threads"),
      },
      { ...closed, description: "clock and machine; never gated on" },
    ),
  },
  closed,
);
export type ResultsDocument = Static<typeof ResultsDocument>;
export type ScenarioResult = Static<typeof ScenarioResult>;

/** The JSON Schema as a file. */
export function resultsSchemaText(): string {
  const head = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: `Stormglass results ${RESULTS_VERSION}`,
  };
  return `${JSON.stringify({ ...head, ...ResultsDocument }, undefined, 2)}\n`;
}
