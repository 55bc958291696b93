// The options of `stormglass tune hpa`, and the command line that gives them again.

import { Option, type Command } from "commander";
import { KUBERNETES_VERSIONS } from "../../sim/cluster/kubernetes/hpa/version.ts";
import { OBJECTIVES, type Objective } from "../../sim/planner/tuning/rank.ts";
import { quoted } from "../shell.ts";
import { collected, price, wholeFrom } from "../option-values.ts";

export interface TuneOptions {
  readonly current?: string;
  readonly kubernetes?: string;
  readonly trials: number;
  readonly seeds: number;
  readonly verifySeeds: number;
  readonly scale?: number;
  readonly ceiling?: number;
  readonly objective: Objective;
  readonly set: readonly string[];
  readonly jobs?: number;
  readonly out?: string;
  readonly journal?: string;
  readonly fresh?: true;
  readonly pricePodHour?: number;
  readonly json?: true;
  readonly quiet?: true;
  readonly color: boolean;
}

/** Assumed: some minutes of two cores for three builtin scenarios. */
const TRIALS = 32;
const TRIALS_LEAST = 6;
const SEEDS = 5;
const VERIFY_SEEDS = 3;

export function withTuneOptions(command: Command): Command {
  const kubernetes = new Option("--kubernetes <release>", "release of the HPA controller");
  const objective = new Option("--objective <what>", "what is sought among feasible manifests");
  return command
    .option("--current <file>", "manifest to improve (default: the scenario's, else the builtin)")
    .addOption(kubernetes.choices([...KUBERNETES_VERSIONS]))
    .option("--trials <n>", "manifests to try", wholeFrom(TRIALS_LEAST), TRIALS)
    .option("--seeds <n>", "seeds of the finalists", wholeFrom(1), SEEDS)
    .option("--verify-seeds <n>", "further seeds, at full size", wholeFrom(1), VERIFY_SEEDS)
    .option(
      "--scale <k>",
      "search in a model of 1:k (default: 10 from 50,000 people)",
      wholeFrom(1),
    )
    .option("--ceiling <n>", "most nodes (default: the current maxReplicas)", wholeFrom(1))
    .addOption(objective.choices([...OBJECTIVES]).default("cost"))
    .option("--set <path=value>", "change a value of the scenarios; repeatable", collected, [])
    .option("--jobs <n>", "worker threads (default: one per CPU)", wholeFrom(1))
    .option("--out <dir>", "for tune.json and hpa.recommended.yaml (default: out/tune-…)")
    .option("--journal <file>", "finished runs, to go on from (default: in the out directory)")
    .option("--fresh", "forget the journal")
    .option("--price-pod-hour <price>", "of one node for an hour, in any currency", price)
    .option("--json", "print tune.json and nothing else")
    .option("--quiet", "no progress")
    .option("--no-color", "no colour");
}

/** What to type to see a scenario run with the manifest, as the scenario was named. */
export function watchCommand(name: string, { set }: TuneOptions, manifestFile: string): string {
  const settings = [...set, `autoscaling.hpa=${manifestFile}`];
  const words = settings.map((setting) => `--set ${quoted(setting)}`);
  return ["stormglass run", quoted(name), ...words].join(" ");
}

/** What to type to get the same report; how many threads and where to is the reader's to say. */
export function tuneCommand(names: readonly string[], options: TuneOptions): string {
  const words = ["stormglass tune hpa", ...names.map(quoted)];
  const add = (flag: string, value: string | number | undefined, usual?: number | string): void => {
    if (value !== undefined && value !== usual) words.push(`--${flag} ${quoted(String(value))}`);
  };
  add("current", options.current);
  add("kubernetes", options.kubernetes);
  add("trials", options.trials, TRIALS);
  add("seeds", options.seeds, SEEDS);
  add("verify-seeds", options.verifySeeds, VERIFY_SEEDS);
  add("scale", options.scale);
  add("ceiling", options.ceiling);
  add("objective", options.objective, "cost");
  for (const setting of options.set) add("set", setting);
  add("price-pod-hour", options.pricePodHour);
  add("out", options.out);
  add("journal", options.journal);
  return words.join(" ");
}
