// The HPA of a scenario: a file's, or its own.
//
// A path is replaced by what the file says before anything is checked, so that an error names the line of that file and
// `--set autoscaling.hpa.spec.maxReplicas=80` changes it. A map without `spec` is the spec itself. Whether it is a good HPA
// is the simulator's to say, which knows what the API server would refuse.

import type { Static } from "typebox";
import { InputError, type Problem } from "./problem.ts";
import type { ScenarioFile } from "./schema.ts";
import { nodeAt, parseSource, positionAt, type MapNode, type SourceNode } from "./source-tree.ts";

/** What the API server of this release would refuse first: the field, as in spec.maxReplicas, and why. */
export type ManifestCheck = (
  manifest: Readonly<Record<string, unknown>>,
  kubernetesVersion: string,
) => { readonly field: string; readonly must: string } | undefined;

interface Reading {
  readonly readFile: (path: string) => string | undefined;
  readonly manifestFault?: ManifestCheck;
}

/** The tree with the HPA in it, whole; files that were read are added. Throws `InputError`. */
export function withHpa(tree: SourceNode, { readFile }: Reading, files: string[]): SourceNode {
  const autoscaling = nodeAt(tree, ["autoscaling"]);
  const hpa = nodeAt(tree, ["autoscaling", "hpa"]);
  if (tree.kind !== "map" || autoscaling?.kind !== "map" || hpa === undefined) return tree;
  const whole = hpa.kind === "scalar" ? manifestFile(hpa, readFile, files) : wrapped(hpa);
  if (whole === hpa) return tree;
  const parts = new Map(autoscaling.entries);
  if (whole === undefined) parts.delete("hpa");
  else parts.set("hpa", { ...parts.get("hpa")!, node: whole });
  const entries = new Map(tree.entries);
  const section: MapNode = { ...autoscaling, entries: parts };
  entries.set("autoscaling", { ...entries.get("autoscaling")!, node: section });
  return { ...tree, entries };
}

type Scalar = Extract<SourceNode, { kind: "scalar" }>;

/** `none` takes away the HPA that a file below has. */
function manifestFile(
  hpa: Scalar,
  readFile: Reading["readFile"],
  files: string[],
): SourceNode | undefined {
  if (hpa.value === "none" || hpa.value === null) return undefined;
  const path = String(hpa.value);
  const content = readFile(path);
  if (content === undefined) {
    const message =
      `autoscaling.hpa must be a manifest that can be read, or none, got ${path}; ` +
      "@builtin/manifests/hpa.yaml ships with stormglass";
    throw new InputError([{ at: hpa.at, message }]);
  }
  files.push(path);
  const { root, problems } = parseSource(path, content);
  if (root === undefined) throw new InputError(problems);
  return root;
}

/** The spec alone becomes a manifest. */
function wrapped(hpa: SourceNode): SourceNode {
  if (hpa.kind !== "map" || hpa.entries.has("spec") || hpa.entries.has("kind")) return hpa;
  const scalar = (value: string): SourceNode => ({ kind: "scalar", value, at: hpa.at });
  const map = (entries: Readonly<Record<string, SourceNode>>): MapNode => {
    const made = Object.entries(entries).map(
      ([key, node]) => [key, { keyAt: hpa.at, node }] as const,
    );
    return { kind: "map", entries: new Map(made), at: hpa.at };
  };
  const target = map({
    apiVersion: scalar("apps/v1"),
    kind: scalar("StatefulSet"),
    name: scalar("stormglass-node"),
  });
  const spec = new Map(hpa.entries);
  if (!spec.has("scaleTargetRef")) spec.set("scaleTargetRef", { keyAt: hpa.at, node: target });
  return map({
    apiVersion: scalar("autoscaling/v2"),
    kind: scalar("HorizontalPodAutoscaler"),
    metadata: map({ name: scalar("stormglass-node") }),
    spec: { kind: "map", entries: spec, at: hpa.at },
  });
}

export function hpaProblems(
  { autoscaling }: Static<typeof ScenarioFile>,
  tree: SourceNode,
  { manifestFault }: Reading,
): readonly Problem[] {
  const { hpa, kubernetesVersion } = autoscaling;
  const fault = hpa === undefined ? undefined : manifestFault?.(hpa, kubernetesVersion);
  if (fault === undefined) return [];
  const steps = fault.field.replaceAll(/\[(\d+)\]/g, ".$1").split(".");
  const path = steps.filter((step) => step !== "").map((s) => (/^\d+$/.test(s) ? Number(s) : s));
  const at = positionAt(tree, ["autoscaling", "hpa", ...path]);
  return [{ at, message: `autoscaling.hpa: ${fault.field} ${fault.must}` }];
}
