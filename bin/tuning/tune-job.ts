// What is asked of a search for an HPA: scenarios, the manifest to improve, the space, seeds, scales.

import { join } from "node:path";
import type { LoadedScenario } from "../../scenarios/loader.ts";
import { rulesOf, type KubernetesVersion } from "../../sim/cluster/kubernetes/hpa/version.ts";
import { shapeOf, type ManifestShape } from "../../sim/planner/tuning/manifest-shape.ts";
import type { TuningOptions } from "../../sim/planner/tuning/search.ts";
import type { TuningSpace } from "../../sim/planner/tuning/space.ts";
import { admissionFloor, nodesFor, warmFloor } from "../../sim/planner/tuning/warm-floor.ts";
import { loadAll } from "../load.ts";
import { BUILTIN, type Outside } from "../outside.ts";
import { tuneCommand, watchCommand, type TuneOptions } from "./tune-options.ts";
import type { TuneSubject } from "./tune-report.ts";
import { TuningWorld, type TunedScenario } from "./tuning-world.ts";

const SEED_MANIFEST = `${BUILTIN}/manifests/hpa.yaml`;
/** People from which the search runs a model, and its scale. Assumed: a run of a model takes seconds. */
const MODEL_FROM = 50_000;
const MODEL_SCALE = 10;
/** Of the sampling of candidates: any number serves, as long as it stays. */
const SAMPLING_SEED = 1;

export interface Job {
  readonly subject: Omit<TuneSubject, "counts">;
  readonly search: TuningOptions;
  readonly world: TuningWorld;
}

/** Throws `InputError`. */
export function jobOf(outside: Outside, names: readonly string[], options: TuneOptions): Job {
  const { loaded, current, currentFrom } = withManifest(outside, names, options);
  const scenarios = loaded.map((one): TunedScenario => {
    const isLarge = one.scenario.clients.total >= MODEL_FROM;
    return { loaded: one, scale: options.scale ?? (isLarge ? MODEL_SCALE : 1) };
  });
  const [first] = scenarios as [TunedScenario];
  const { run, autoscaling } = first.loaded.scenario;
  const kubernetes = autoscaling.kubernetesVersion as KubernetesVersion; // A choice of the schema's.
  const space = spaceOf(scenarios, current, kubernetes, options.ceiling);
  const seedsFrom = (from: number, count: number): readonly number[] =>
    Array.from({ length: count }, (_, i) => run.seeds.base + from + i);
  const seeds = seedsFrom(0, options.seeds);
  const work = ({ loaded: { scenario }, scale }: TunedScenario): number =>
    (scenario.clients.total / scale) * scenario.run.durationMs;
  const order = scenarios.map((_, i) => i);
  order.sort((a, b) => work(scenarios[a]!) - work(scenarios[b]!) || a - b);
  const manifestFile = join(outOf(names, options), "hpa.recommended.yaml");
  const subject = {
    scenarios,
    current,
    currentFrom,
    kubernetes,
    ceiling: space.ceiling,
    seeds,
    verifySeeds: seedsFrom(options.seeds, options.verifySeeds),
    pricePodHour: options.pricePodHour,
    command: tuneCommand(names, options),
    watchCommand: watchCommand(names[0]!, options, manifestFile), // A scenario is a required argument.
    manifestFile,
  };
  const { trials, objective } = options;
  const search = { space, scenarioOrder: order, seeds, trials, objective, seed: SAMPLING_SEED };
  return { subject, search, world: new TuningWorld(scenarios, current) };
}

/** Where the answer goes. */
export function outOf(names: readonly string[], { out }: TuneOptions): string {
  const bare = names.map((name) =>
    name
      .split("/")
      .at(-1)!
      .replace(/\.yaml$/, ""),
  );
  return out ?? join("out", `tune-${bare.join("-")}`);
}

/** The scenarios, and the manifest that is to be improved: asked for, or a scenario's own. */
function withManifest(
  outside: Outside,
  names: readonly string[],
  { current: file, kubernetes, set }: TuneOptions,
): {
  readonly loaded: readonly LoadedScenario[];
  readonly current: ManifestShape;
  readonly currentFrom: string;
} {
  const release = kubernetes === undefined ? [] : [`autoscaling.kubernetesVersion=${kubernetes}`];
  const settings = [...set, ...release];
  const loadWith = (path: string) => ({
    loaded: loadAll(outside, names, [...settings, `autoscaling.hpa=${JSON.stringify(path)}`]),
    currentFrom: path,
  });
  const asWritten = file === undefined ? loadAll(outside, names, settings) : [];
  const own = widest(asWritten);
  const found =
    own === undefined
      ? loadWith(file ?? SEED_MANIFEST)
      : { loaded: asWritten, currentFrom: `the HPA of ${own.scenario.metadata.name}` };
  const hpa = (own ?? found.loaded[0]!).scenario.autoscaling.hpa!; // Found, or just set.
  return { ...found, current: shapeOf(hpa) };
}

/** Of scenarios that have an HPA the one that may have most nodes: the others' was made for less. */
function widest(loaded: readonly LoadedScenario[]): LoadedScenario | undefined {
  const most = ({ scenario }: LoadedScenario): number =>
    shapeOf(scenario.autoscaling.hpa!).spec.maxReplicas; // Of those that have one.
  const some = loaded.filter(({ scenario }) => scenario.autoscaling.hpa !== undefined);
  return some.reduce<LoadedScenario | undefined>(
    (best, one) => (best === undefined || most(one) > most(best) ? one : best),
    undefined,
  );
}

function spaceOf(
  scenarios: readonly TunedScenario[],
  current: ManifestShape,
  kubernetes: KubernetesVersion,
  asked: number | undefined,
): TuningSpace {
  const all = scenarios.map(({ loaded }) => loaded.scenario);
  const most = (of: (scenario: (typeof all)[number]) => number): number => Math.max(...all.map(of));
  const whole = most((scenario) => nodesFor(scenario, scenario.clients.total));
  const full = most(({ clients, cluster }) =>
    Math.ceil(clients.total / cluster.nodes.maxConnections),
  );
  const ceiling = asked ?? Math.max(current.spec.maxReplicas, whole);
  const warm = most(warmFloor);
  const floors = [most(admissionFloor), Math.ceil(warm / 2), full, warm, whole];
  const within = floors.map((floor) => Math.min(ceiling, floor)).sort((a, b) => a - b);
  return {
    current,
    ceiling,
    nodeCapacity: Math.min(...all.map(({ cluster }) => cluster.nodes.maxConnections)),
    grain: Math.max(...scenarios.map(({ scale }) => scale)),
    hasTolerance: rulesOf(kubernetes).gates.configurableTolerance,
    floors: [...new Set(within)],
  };
}
