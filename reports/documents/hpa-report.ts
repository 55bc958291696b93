// The HPA-tuning report: what the autoscaler did, how late it was and why, and what to change.

import type { AutoscalingReport, RunResult } from "../../sim/result.ts";
import { autoscalingSummary } from "../autoscaling-summary.ts";
import { formatCount, formatMs } from "../format.ts";
import { stackedBars } from "../html/charts/bars.ts";
import { fullRuns, type ReportSubject, shownRun } from "../html/subject.ts";
import { manifestYaml } from "../manifests/manifest-yaml.ts";
import { decisionBlocks } from "./decisions.ts";
import { type Block, columns, heading, type ReportDocument, text, type Tone } from "./document.ts";
import { lagStages, type LagStage, middle } from "./scaling-lag.ts";
import { footerText, originBlocks } from "./origin.ts";
import { objectiveBlocks, timelineBlocks } from "./scenario-report.ts";
import { storedCheck } from "../stored-check.ts";

export interface ScaledRun {
  readonly run: RunResult;
  readonly autoscaling: AutoscalingReport & {
    readonly manifest: Readonly<Record<string, unknown>>;
  };
}

/** Runs that an HPA scaled; none means that this report does not apply. */
export function scaledRuns(subject: ReportSubject): readonly ScaledRun[] {
  return fullRuns(subject).flatMap((run) => {
    const { autoscaling } = run;
    if (autoscaling?.manifest === undefined) return [];
    return [{ run, autoscaling: { ...autoscaling, manifest: autoscaling.manifest } }];
  });
}

/** `subject` has scaled runs. */
export function hpaReport(subject: ReportSubject): ReportDocument {
  const runs = scaledRuns(subject);
  const { result } = subject;
  const shown = runs.find(({ run }) => run === shownRun(subject)) ?? runs[0]!;
  const stages = lagStages(runs.map(({ autoscaling }) => autoscaling));
  const traps = subject.trapsOf(shown.run);
  const { tone, verdict } = judgement(subject, traps);
  return {
    title: result.name,
    kicker: "HPA report",
    question: `Does the HPA scale ${result.name} in time, without restlessness?`,
    answer: answerText(subject, runs, stages, traps),
    tone,
    verdict,
    blocks: [
      ...trapBlocks(shown.run, traps),
      ...recommendationBlocks(subject),
      ...objectiveBlocks(result.checks.map(storedCheck)),
      ...pathBlocks(runs),
      ...lagBlocks(stages),
      ...timelineBlocks(subject),
      heading(`Decisions in seed ${shown.run.seed}`),
      ...decisionBlocks(shown.autoscaling),
      {
        kind: "code",
        text: manifestYaml(shown.autoscaling.manifest),
        folded: "The manifest that was run",
      },
      ...originBlocks(subject),
    ],
    footer: footerText(subject),
  };
}

function judgement(
  { result }: ReportSubject,
  traps: readonly string[] | undefined,
): { readonly tone: Tone; readonly verdict: string } {
  if (result.alarms.length > 0) return { tone: "bad", verdict: "NO ANSWER" };
  if (result.verdict === "fail") return { tone: "bad", verdict: "✕ CHANGE IT" };
  if (result.verdict === "inconclusive") return { tone: "unsure", verdict: "? UNSURE" };
  return (traps ?? []).length > 0
    ? { tone: "unsure", verdict: "! LOOK AT IT" }
    : { tone: "good", verdict: "✓ KEEP IT" };
}

function answerText(
  { result }: ReportSubject,
  runs: readonly ScaledRun[],
  stages: readonly LagStage[],
  traps: readonly string[] | undefined,
): string {
  const summaries = runs.map(({ autoscaling }) => autoscalingSummary(autoscaling));
  const changes = summaries.map(({ rescales }) => rescales);
  const flaps = summaries.map(({ flaps }) => flaps);
  const met = {
    pass: "All objectives are met",
    fail: "Objectives are missed",
    inconclusive: "The objectives are open",
  }[result.verdict];
  const lag = stages.reduce((sum, { valuesMs }) => sum + middle(valuesMs), 0);
  const isGrown = stages.some(({ name, valuesMs }) => name === "readiness" && valuesMs.length > 0);
  const late = isGrown
    ? ` From load to a ready pod it takes about ${formatMs(lag)}.`
    : " No pod was added, so there is no delay to tell.";
  const found =
    traps === undefined || traps.length === 0
      ? ""
      : ` ${traps.length === 1 ? "One trap was" : `${traps.length} traps were`} found.`;
  return `${met}. The HPA ${timesText("changed the scale", changes)} and ${timesText("turned round", flaps)}.${late}${found}`;
}

/** "never turned round", "turned round once", "turned round 3 to 5 times" where seeds differ. */
function timesText(verb: string, counts: readonly number[]): string {
  const text = spread(counts);
  if (text === "0") return `never ${verb}`;
  return text === "1" ? `${verb} once` : `${verb} ${text} times`;
}

/** "3", or "3 to 5" where they differ. */
function spread(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? formatCount(low) : `${formatCount(low)} to ${formatCount(high)}`;
}

function trapBlocks(run: RunResult, traps: readonly string[] | undefined): readonly Block[] {
  if (traps === undefined) {
    return [heading(`Seen in seed ${run.seed}`), { kind: "list", items: run.findings }];
  }
  const head = heading("Traps");
  if (traps.length === 0) return [head, text(`None was found in seed ${run.seed}.`)];
  return [head, { kind: "list", items: traps }];
}

function recommendationBlocks({ recommendation, commands }: ReportSubject): readonly Block[] {
  const head = heading("Recommendation");
  if (recommendation === undefined) {
    return [
      head,
      text(
        "Nobody has searched for a better one yet. In the directory of this result, this does, and the next report shows the change:",
      ),
      { kind: "code", text: commands.tune },
    ];
  }
  const { file, diff } = recommendation;
  if (diff === "") return [head, text(`No change: ${file} recommends the manifest that was run.`)];
  return [head, { kind: "diff", text: diff }, { kind: "code", text: `kubectl apply -f ${file}` }];
}

function pathBlocks(runs: readonly ScaledRun[]): readonly Block[] {
  const rows = runs.map(({ run, autoscaling }) => {
    const { rescales, flaps, replicas } = autoscalingSummary(autoscaling);
    const counts = replicas.map((one) => one.replicas);
    return [
      String(run.seed),
      counts.length === 0 ? "–" : spread(counts),
      formatCount(rescales),
      formatCount(flaps),
      hours(run.values["pod.hours@run"]),
      formatCount(run.values["sessions.cut@run"] ?? 0),
      formatCount(run.values["sessions.killed@run"] ?? 0),
    ];
  });
  const titles = [
    "Replicas",
    "Changes>",
    "Turns>",
    "Node-hours>",
    "Sessions moved>",
    "Sessions killed>",
  ];
  return [
    heading("What it did, seed by seed"),
    { kind: "table", table: { columns: columns("Seed", ...titles), rows } },
  ];
}

function hours(value: number | undefined): string {
  return value === undefined ? "–" : String(Number(value.toPrecision(3)));
}

function lagBlocks(stages: readonly LagStage[]): readonly Block[] {
  const seen = stages.filter(({ valuesMs }) => valuesMs.length > 0);
  const head = heading("How late it is, and why");
  if (!stages.some(({ name, valuesMs }) => name === "readiness" && valuesMs.length > 0)) {
    return [head, text("The HPA added no pod that became ready, so no delay was measured.")];
  }
  const table = {
    columns: columns("Stage", "Middle>", "Longest>", "Seen>", "What"),
    rows: seen.map(({ name, what, valuesMs }) => [
      name,
      formatMs(middle(valuesMs)),
      formatMs(valuesMs.at(-1) ?? 0),
      formatCount(valuesMs.length),
      what,
    ]),
  };
  const bars = seen.map(({ name, valuesMs }) => ({
    row: "middle of each",
    part: name,
    value: middle(valuesMs),
  }));
  const spec = stackedBars({
    bars,
    title: "From load to a ready pod",
    axisTitle: "time after the load has come",
    unit: "ms",
  });
  return [head, { kind: "chart", spec, description: "Stages of the delay", table }];
}

/** For programs: the same, as plain JSON. */
export function hpaJson(subject: ReportSubject): object {
  const { result, document, recommendation } = subject;
  const runs = scaledRuns(subject);
  const stages = lagStages(runs.map(({ autoscaling }) => autoscaling));
  return {
    kind: "HpaReport",
    scenario: result.name,
    verdict: result.verdict,
    kubernetesVersion: runs[0]!.autoscaling.kubernetesVersion,
    manifest: runs[0]!.autoscaling.manifest,
    runs: runs.map(({ run, autoscaling }) => ({
      seed: run.seed,
      ...autoscalingSummary(autoscaling),
      traps: subject.trapsOf(run) ?? [],
      decisions: autoscaling.decisions.map(
        ({ atMs, specReplicas, replicas, reason, rescaled }) => ({
          atMs,
          ...(specReplicas === undefined ? {} : { specReplicas }),
          ...(replicas === undefined ? {} : { replicas }),
          rescaled,
          reason,
        }),
      ),
    })),
    lag: stages.map(({ name, what, valuesMs }) => ({
      stage: name,
      what,
      seen: valuesMs.length,
      middleMs: middle(valuesMs),
      longestMs: valuesMs.at(-1) ?? 0,
    })),
    ...(recommendation === undefined ? {} : { recommendation }),
    source: { digest: result.digest, command: document.command, tool: document.tool },
  };
}
