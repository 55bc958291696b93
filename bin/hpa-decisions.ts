// Decisions of an HPA, from wherever they are: a result that has them, or samples that are put to the controller now.

import { InputError } from "../scenarios/problem.ts";
import { parseMetricSamples } from "../scenarios/metric-samples.ts";
import { parseSource, positionAt, toPlain } from "../scenarios/source-tree.ts";
import { FieldError } from "../sim/cluster/kubernetes/field.ts";
import { type HpaManifest, hpaManifest } from "../sim/cluster/kubernetes/hpa/manifest.ts";
import { type KubernetesVersion, rulesOf } from "../sim/cluster/kubernetes/hpa/version.ts";
import { decisionsOf } from "../sim/cluster/kubernetes/loop/sampled-looks.ts";
import type { DecisionRecord } from "../sim/result.ts";
import type { Outside } from "./outside.ts";
import { readResult } from "./result-files.ts";

export interface Decisions {
  /** Of which HPA, in words. */
  readonly title: string;
  /** Of which run or file, for programs. */
  readonly source: Readonly<Record<string, string | number>>;
  readonly manifest: Readonly<Record<string, unknown>> | undefined;
  readonly kubernetesVersion: string;
  readonly decisions: readonly DecisionRecord[];
}

const KIND = /^\s*"?kind"?\s*:\s*"?'?MetricSamples\b/m;
/** Where a file says its kind, characters from its beginning. */
const HEAD = 4_000;

/** Whether `path` is a file of samples, and not a result. */
export function isSamples(outside: Outside, path: string): boolean {
  const text = outside.readFile(path);
  return text !== undefined && KIND.test(text.slice(0, HEAD));
}

/** Throws `InputError` where there is no result, no such seed or no HPA in it. */
export function decisionsOfResult(
  outside: Outside,
  path: string,
  seed: number | undefined,
): Decisions {
  const { runs } = readResult(outside, path);
  const run = runs.find(
    (one) => one.variant === "full" && (seed === undefined || one.seed === seed),
  );
  if (run === undefined) {
    const seeds = runs.filter(({ variant }) => variant === "full").map((one) => one.seed);
    return refuse(path, `has no run of seed ${seed}; its seeds are ${seeds.join(", ")}`);
  }
  const { autoscaling, scenario } = run;
  const decisions = autoscaling?.decisions ?? [];
  if (autoscaling?.manifest === undefined) {
    const way = `stormglass run ${scenario} --set autoscaling.hpa=@builtin/manifests/hpa.yaml`;
    return refuse(
      path,
      `has no autoscaling: ${scenario} ran without an HPA. Run it with one: ${way}`,
    );
  }
  const { manifest, kubernetesVersion } = autoscaling;
  return {
    title: `HPA ${nameOf(manifest)} of ${scenario}, seed ${run.seed}, Kubernetes ${kubernetesVersion}`,
    source: { scenario, seed: run.seed, digest: run.digest },
    manifest,
    kubernetesVersion,
    decisions,
  };
}

function nameOf(manifest: Readonly<Record<string, unknown>>): string {
  const { metadata } = manifest as { metadata?: { name?: string } };
  return metadata?.name ?? "";
}

/** Throws `InputError` for every problem of the samples, or for the first of the manifest. */
export function decisionsOfSamples(
  outside: Outside,
  path: string,
  hpaFile: string,
  kubernetesVersion: KubernetesVersion,
): Decisions {
  const samples = parseMetricSamples(path, textOf(outside, path));
  const { manifest, hpa } = manifestOf(outside, hpaFile, kubernetesVersion);
  return {
    title: `HPA ${hpa.name} with the samples of ${samples.name}, Kubernetes ${kubernetesVersion}`,
    source: { samples: path, hpa: hpaFile },
    manifest,
    kubernetesVersion,
    decisions: decisionsOf(samples, hpa.spec, kubernetesVersion),
  };
}

function manifestOf(
  outside: Outside,
  file: string,
  version: KubernetesVersion,
): { readonly manifest: Readonly<Record<string, unknown>>; readonly hpa: HpaManifest } {
  const { root, problems } = parseSource(file, textOf(outside, file));
  if (root === undefined) throw new InputError(problems);
  const manifest = toPlain(root) as Readonly<Record<string, unknown>>;
  try {
    return { manifest, hpa: hpaManifest(manifest, rulesOf(version)) };
  } catch (error) {
    if (!(error instanceof FieldError)) throw error;
    const steps = error.field.replaceAll(/\[(\d+)\]/g, ".$1").split(".");
    const at = positionAt(
      root,
      steps.filter((step) => step !== ""),
    );
    throw new InputError([{ at, message: error.message }]);
  }
}

function textOf(outside: Outside, file: string): string {
  return outside.readFile(file) ?? refuse(file, "cannot be read");
}

function refuse(file: string, message: string): never {
  throw new InputError([{ at: { file, line: 0, column: 0 }, message }]);
}
