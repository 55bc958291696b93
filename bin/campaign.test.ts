import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { Budget } from "../scenarios/budget.ts";
import { parseExpression } from "../scenarios/expression.ts";
import type { Scenario } from "../scenarios/schema.ts";
import { Campaign, CampaignInterrupted, type CampaignOptions } from "./campaign.ts";
import { Journal } from "./journal.ts";
import type { Outside } from "./outside.ts";
import { checksOf, type CampaignTrial, type TrialSummary } from "./trial.ts";

const WORKER = new URL("../test/stub/trial-worker.js", import.meta.url).href;

/** Files in memory. */
function outsideWith(files: Map<string, string>, version = "1.0.0"): Outside {
  const some: Partial<Outside> = {
    version,
    programDigest: () => "code",
    readFile: (path) => files.get(path),
    appendFile: (path, text) => void files.set(path, (files.get(path) ?? "") + text),
    remove: (path) => void files.delete(path),
    sha256: (text) => createHash("sha256").update(text).digest("hex"),
  };
  return some as Outside;
}

const metric = parseExpression("value(join.success.ratio)")!;
const budget: Budget = {
  id: "join-success",
  title: "",
  metric,
  window: "run",
  op: ">=",
  limit: { kind: "absolute", value: 0.5, unit: "ratio" },
  limitText: "50%",
  gate: { kind: "every-seed" },
  severity: "fail",
  versus: undefined,
  source: { file: "b.yaml", line: 1, column: 1 },
};

/** The worker (test/stub/trial-worker.js) is told by `nodes` what to answer, and by `stub` what to do wrong. */
function trial(nodes: number, seed: number, stub = ""): CampaignTrial {
  const scenario = {
    metadata: { name: "tiny", labels: { stub } },
    run: { durationMs: 1_000, limits: { heapBytes: 256 * 1_048_576 } },
    cluster: { nodes: { count: nodes } },
    budgets: [],
  };
  const made = scenario as unknown as Scenario;
  return { scenario: made, budgets: [budget], expressions: [], seed, variant: "full" };
}

async function campaign(
  files: Map<string, string>,
  trials: readonly CampaignTrial[],
  options: Partial<CampaignOptions> & { readonly version?: string } = {},
) {
  const signal = new AbortController().signal;
  const all = { jobs: 2, journalFile: "journal", signal, ...options };
  const one = new Campaign(outsideWith(files, options.version), WORKER, all);
  try {
    return { summaries: await one.run(trials), ...one.counts };
  } finally {
    await one.close();
  }
}

test("[PN1] trials are answered in their order, equal ones are run once, and the journal's are not run again", async () => {
  const files = new Map<string, string>();
  const asked = [trial(3, 1), trial(2, 1), trial(3, 1), trial(3, 2)];

  const first = await campaign(files, asked);
  const second = await campaign(files, [...asked, trial(4, 1)]);

  expect([first.run, first.reused]).toEqual([3, 1]);
  expect(first.summaries.map((one) => one.measures["join-success"])).toEqual([0.3, 0.2, 0.3, 0.3]);
  expect([second.run, second.reused]).toEqual([1, 4]);
  expect(second.summaries.slice(0, 4)).toEqual(first.summaries);
});

test("[PN1] lines of another version, torn ones and strangers are no trials; other limits judge the same runs", async () => {
  const files = new Map<string, string>();
  await campaign(files, [trial(3, 1), trial(3, 2)], { jobs: 1 });
  const whole = files.get("journal")!;
  const lines = whole.trimEnd().split("\n");
  const torn = `${lines[0]}\nnonsense\n{"key":3}\n${lines[1]!.slice(0, 40)}`;

  files.set("journal", torn);
  expect(await campaign(files, [trial(3, 1), trial(3, 2)])).toMatchObject({ run: 1, reused: 1 });
  expect(files.get("journal")!.split("\n").slice(3, 5)).toEqual([lines[1]!.slice(0, 40), lines[1]]);
  expect(await campaign(files, [trial(3, 1)], { version: "1.0.1" })).toMatchObject({ run: 1 });
  expect(await campaign(files, [trial(3, 1)], { isFresh: true })).toMatchObject({ run: 1 });
  const looser = { ...budget, limit: { kind: "absolute", value: 0.1, unit: "ratio" } } as const;
  const again = await campaign(files, [{ ...trial(3, 1), budgets: [looser] }]);
  expect(again).toMatchObject({ run: 0, reused: 1 });
});

test("[PN2] a trial that ended early has measured nothing and passes nothing; want of memory is not kept", async () => {
  const files = new Map<string, string>();
  const asked = [trial(9, 1), trial(9, 2, "events"), trial(9, 3, "leak"), trial(9, 4, "greedy")];

  const { summaries } = await campaign(files, asked);

  const ends = summaries.map(({ endedEarly, broken }) => [endedEarly, broken]);
  expect(ends).toEqual([
    [undefined, []],
    ["events", []],
    ["invariant", ["conservation of clients"]],
    ["memory", []],
  ]);
  const [check] = checksOf([budget], summaries);
  expect(check).toMatchObject({ verdict: "inconclusive", note: "3 of 4 seeds did not finish" });
  expect(files.get("journal")!.trimEnd().split("\n")).toHaveLength(3);
});

test("[PN3] after the signal what is done is in the journal, and the rest is run by the next campaign", async () => {
  const files = new Map<string, string>();
  const abort = new AbortController();
  const asked = [trial(3, 1), trial(3, 2), trial(3, 3, "endless"), trial(3, 4)];
  const stopped = campaign(files, asked, {
    jobs: 1,
    signal: abort.signal,
    onProgress: ({ trialsDone, running }) => {
      if (trialsDone === 2 && running.length === 1) abort.abort();
    },
  });

  await expect(stopped).rejects.toThrow(CampaignInterrupted);
  const rest = [asked[0]!, asked[1]!, trial(3, 3), asked[3]!];
  expect(await campaign(files, rest)).toMatchObject({ run: 2, reused: 2 });
});

test("[PN3] progress counts the trials that are run and tells which run now", async () => {
  const seen: string[] = [];
  await campaign(new Map(), [trial(1, 1), trial(1, 2), trial(1, 1)], {
    jobs: 1,
    onProgress: ({ trials, trialsDone, simulatedMsAll, running }) =>
      seen.push(`${trialsDone}/${trials} of ${simulatedMsAll}: ${running.map((r) => r.seed)}`),
  });

  // A thread's word of its trial may be overtaken by the outcome; then nobody is told that it ran.
  const told = seen.filter((line, i) => line !== seen[i - 1]);
  const sure = told.filter((line) => line.endsWith(": "));
  expect(sure).toEqual(["0/2 of 2000: ", "1/2 of 2000: ", "2/2 of 2000: "]);
  const running = told.filter((line) => !line.endsWith(": "));
  for (const line of running) expect(["0/2 of 2000: 1", "1/2 of 2000: 2"]).toContain(line);
});

test("[PN1] a run that throws is a bug of the program", async () => {
  await expect(campaign(new Map(), [trial(1, 7, "bug")])).rejects.toThrow("tiny, seed 7, full: ");
});

test("[PN1] a journal without a file remembers for as long as it lives", () => {
  const journal = new Journal(outsideWith(new Map()), undefined, "p");
  const key = journal.keyOf(trial(1, 1));
  journal.keep(key, { digest: "d" } as TrialSummary);

  expect(journal.find(key)?.digest).toBe("d");
  expect(journal.keyOf(trial(1, 2))).not.toBe(key);
  expect(journal.keyOf({ ...trial(1, 1), variant: "without:x" })).not.toBe(key);
  expect(journal.keyOf({ ...trial(1, 1), expressions: ["max(a)@run"] })).not.toBe(key);
});
