// stormglass tune hpa: which HPA should it be?
//
// The search runs models, so that hundreds of runs take minutes; what it recommends, the current manifest and the fixed
// ceiling are then run at full size, with seeds that the search did not see. What fails there is not recommended.

import { join } from "node:path";
import type { Command } from "commander";
import { canonicalJson } from "../../reports/results-json.ts";
import { tuneText } from "../../reports/tune.ts";
import { shapeOf } from "../../sim/planner/tuning/manifest-shape.ts";
import type { Scored } from "../../sim/planner/tuning/pool.ts";
import { tuningSearch, tuningWith } from "../../sim/planner/tuning/search.ts";
import { Campaign, CampaignInterrupted, type CampaignProgress } from "../campaign.ts";
import { ExitCode } from "../exit-codes.ts";
import type { Outside, StopSignal } from "../outside.ts";
import { paintFor } from "../paint.ts";
import { showSearch, type SearchView } from "../planning/search-progress.ts";
import { jobOf, outOf, type Job } from "../tuning/tune-job.ts";
import { withTuneOptions, type TuneOptions } from "../tuning/tune-options.ts";
import {
  recommendedText,
  tuneReport,
  type Tuned,
  type TuneSubject,
} from "../tuning/tune-report.ts";
import { searched, verified } from "../tuning/tuning-world.ts";

const EXAMPLES = `Examples:
  stormglass tune hpa join-storm-100k top-of-the-hour scale-down
  stormglass tune hpa join-storm-100k --current hpa.yaml --price-pod-hour 0.05
`;
/** Recommendations of the model that are tried at full size. */
const VERIFICATIONS_MAX = 4;
export function addTune(
  program: Command,
  outside: Outside,
  workerFile: string,
  finish: (code: ExitCode) => void,
): void {
  const tune = program
    .command("tune")
    .summary("search for settings that meet the objectives at the least cost")
    .description("Searches for settings that meet the objectives at the least cost.")
    .helpCommand(false)
    .addHelpText("before", EXAMPLES);
  const hpa = tune
    .command("hpa")
    .summary("targets, floor, ceiling, windows, policies and metrics of the HPA")
    .description(
      "Searches for the HorizontalPodAutoscaler that meets the objectives of all scenarios at the least cost, proves it " +
        "at full size on other seeds, and prints it as a diff with the evidence for each line. Code 0 when there is one " +
        "(the current one may be it), 10 when there is none.",
    )
    .argument("<scenario...>", "scenarios that ship with stormglass, or files");
  withTuneOptions(hpa)
    .addHelpText("before", EXAMPLES)
    .action(async (names: string[], options: TuneOptions) => {
      finish(await tuneHpa(outside, workerFile, names, options));
    });
}

async function tuneHpa(
  outside: Outside,
  workerFile: string,
  names: readonly string[],
  options: TuneOptions,
): Promise<ExitCode> {
  const job = jobOf(outside, names, options);
  const journalFile = options.journal ?? join(outOf(names, options), "journal.jsonl");
  const abort = new AbortController();
  let stopped: StopSignal | undefined;
  const stopListening = outside.onStop((signal) => {
    stopped = signal;
    abort.abort();
  });
  const view = showSearch(outside, options.quiet === true);
  const said = new Saying(view, job);
  const campaign = new Campaign(outside, workerFile, {
    jobs: options.jobs ?? outside.machine.cpuCount,
    journalFile,
    isFresh: options.fresh === true,
    signal: abort.signal,
    onProgress: (progress) => said.progressed(progress),
  });
  try {
    const tuned = await tunedBy(job, campaign, said);
    view.stop();
    return tell(outside, tuned, { ...job.subject, counts: campaign.counts }, options);
  } catch (error) {
    if (!(error instanceof CampaignInterrupted)) throw error;
    view.stop();
    outside.stderr.write(
      `Interrupted. ${campaign.known} runs are in ${journalFile}; the same command goes on from there.\n`,
    );
    return stopped === "SIGTERM" ? ExitCode.terminated : ExitCode.interrupted;
  } finally {
    view.stop();
    stopListening();
    await campaign.close();
  }
}

/** The search, and its answer at full size; what fails there gives way to the next best of the search. */
async function tunedBy(
  { subject, search, world }: Job,
  campaign: Campaign,
  said: Saying,
): Promise<Tuned> {
  let result = await searched(tuningSearch(search), world, campaign, (ask) => {
    said.round(ask.round, ask.candidates.length);
  });
  const proofs = new Map<number, Awaited<ReturnType<typeof verified>>[number]>();
  const verify = async (some: readonly Scored[]): Promise<void> => {
    said.round("verification at full size", result.pool.candidates.length);
    const open = some.filter(({ candidate }) => !proofs.has(candidate.index));
    const specs = open.map(({ candidate }) => candidate.spec);
    const found = await verified(specs, subject.verifySeeds, world, campaign);
    open.forEach(({ candidate }, i) => proofs.set(candidate.index, found[i]!));
  };
  const first = result.recommended;
  const base = [result.current, result.fixed];
  await verify(
    first === undefined
      ? base
      : [...base.filter((one) => one.candidate !== first.candidate), first],
  );
  const refuted = [];
  for (let tries = 1; tries < VERIFICATIONS_MAX && result.recommended !== undefined; tries++) {
    const { candidate, score } = result.recommended;
    if (proofs.get(candidate.index)?.verdict !== "fail") break;
    // What costs less or is nearer to a limit would fail as well.
    const next = result.alternatives.find(
      (one) =>
        proofs.get(one.candidate.index)?.verdict !== "fail" &&
        one.score.nodeHours > score.nodeHours &&
        one.score.margin >= score.margin,
    );
    if (next === undefined) break;
    refuted.push(candidate);
    await verify([next]);
    result = await searched(tuningWith(result, next.candidate, search), world, campaign, (ask) => {
      said.round(ask.round, ask.candidates.length);
    });
  }
  return { result, verified: proofs, refuted };
}

/** What the progress says: the round, how far it is, and what runs. */
class Saying {
  readonly #view: SearchView;
  readonly #job: Job;
  #round = "";
  #candidates = 0;

  constructor(view: SearchView, job: Job) {
    this.#view = view;
    this.#job = job;
  }

  round(round: string, candidates: number): void {
    this.#round = round;
    this.#candidates = candidates;
  }

  progressed({ trials, trialsDone, simulatedMs, simulatedMsAll, running }: CampaignProgress): void {
    const names = this.#job.subject.scenarios.map(({ loaded }) => loaded.scenario.metadata.name);
    const now = running.map(({ scenario, seed }) => {
      const { minReplicas, maxReplicas } = shapeOf(scenario.autoscaling.hpa!).spec;
      const nodes = `${minReplicas ?? 1} to ${maxReplicas} nodes`;
      const name = names.length > 1 ? `${scenario.metadata.name}, ` : "";
      return `${name}${nodes}, seed ${seed}`;
    });
    const done = simulatedMsAll === 0 ? 0 : simulatedMs / simulatedMsAll;
    const what = `${this.#round}: ${trialsDone} of ${trials} runs, ${this.#candidates} manifests so far`;
    this.#view.update(now.length === 0 ? what : `${what}; now ${now.join(" and ")}`, done);
  }
}

function tell(
  outside: Outside,
  tuned: Tuned,
  subject: TuneSubject,
  options: TuneOptions,
): ExitCode {
  const report = tuneReport(tuned, subject);
  const { pool, recommended } = tuned.result;
  const document = {
    schemaVersion: 1,
    tool: { name: "stormglass", version: outside.version },
    command: subject.command,
    kubernetes: subject.kubernetes,
    seeds: subject.seeds,
    verifySeeds: subject.verifySeeds,
    scenarios: subject.scenarios.map(({ loaded: { scenario }, scale }) => ({
      name: scenario.metadata.name,
      scale,
      digest: outside.sha256(canonicalJson(scenario)),
    })),
    ...report,
    current: subject.current,
    recommended: recommended && { ...subject.current, spec: recommended.candidate.spec },
    candidates: pool.candidates.map((candidate) => {
      const { score, isComplete } = pool.scored(candidate);
      return { ...candidate, score, isComplete };
    }),
    runs: subject.counts,
  };
  const text = canonicalJson(JSON.parse(JSON.stringify(document)));
  const directory = subject.manifestFile.replace(/[^/\\]+$/, "");
  outside.writeFile(join(directory, "tune.json"), text);
  if (recommended !== undefined) {
    const comment = `${report.answer}\nFrom: ${subject.command}`;
    outside.writeFile(
      subject.manifestFile,
      recommendedText(recommended.candidate, subject, comment),
    );
  }
  if (options.json === true) outside.stdout.write(text);
  else {
    const width = Math.max(20, Math.min(outside.stdout.columns, 120));
    outside.stdout.write(tuneText(report, { width, paint: paintFor(outside, !options.color) }));
    outside.stderr.write(`tune.json is in ${directory}\n`);
  }
  const isAnswered = report.outcome === "change" || report.outcome === "no change";
  return isAnswered ? ExitCode.ok : ExitCode.budgetBroken;
}
