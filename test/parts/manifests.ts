// Manifests of deploy/kubernetes as kubectl would apply them: a reader of kustomizations that knows what ours use, and throws at anything else.
//
// So that manifests are tested where there is no kubectl; where there is one, a test compares the two.

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, parseAllDocuments } from "yaml";

/** A Kubernetes object, read loosely. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  // What is in it differs by kind.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly [part: string]: any;
}

interface Operation {
  readonly op: "add" | "replace" | "remove";
  readonly path: string;
  readonly value?: unknown;
}

interface Patch {
  readonly target: { readonly kind: string; readonly name: string };
  readonly patch?: string;
  readonly path?: string;
}

interface Generated {
  readonly name: string;
  readonly files?: readonly string[];
  readonly literals?: readonly string[];
}

interface Kustomization {
  readonly namespace?: string;
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly labels?: readonly { readonly pairs: Readonly<Record<string, string>> }[];
  readonly configMapGenerator?: readonly Generated[];
  readonly secretGenerator?: readonly Generated[];
  readonly images?: readonly { name: string; newName?: string; newTag?: string }[];
  readonly replicas?: readonly { readonly name: string; readonly count: number }[];
  readonly patches?: readonly Patch[];
}

const KNOWN = [
  ...["apiVersion", "kind", "namespace", "resources", "labels", "configMapGenerator"],
  ...["secretGenerator", "images", "replicas", "patches", "components"],
];

/** What `kubectl kustomize <directory>` gives, but for the hashes in the names of what is generated. */
export function rendered(directory: string): Manifest[] {
  return over(directory, []);
}

/** What the kustomization, or the component, in the directory makes of these manifests. */
function over(directory: string, given: Manifest[]): Manifest[] {
  const said = parse(readFileSync(join(directory, "kustomization.yaml"), "utf8")) as Kustomization;
  const unknown = Object.keys(said).filter((name) => !KNOWN.includes(name));
  if (unknown.length > 0) throw new Error(`${directory}: ${unknown.join(", ")} is not known here`);
  let manifests = given.concat((said.resources ?? []).flatMap((name) => resource(directory, name)));
  for (const name of said.components ?? []) manifests = over(join(directory, name), manifests);
  for (const one of said.configMapGenerator ?? [])
    manifests.push(made("ConfigMap", directory, one));
  for (const one of said.secretGenerator ?? []) manifests.push(made("Secret", directory, one));
  for (const { pairs } of said.labels ?? []) manifests.forEach((one) => label(one, pairs));
  for (const patch of said.patches ?? []) apply(directory, patch, manifests);
  for (const { name, count } of said.replicas ?? []) {
    manifests
      .filter(({ metadata }) => metadata.name === name)
      .forEach((one) => replicate(one, count));
  }
  for (const image of said.images ?? []) manifests.forEach((one) => retag(one, image));
  if (said.namespace !== undefined) {
    const { namespace } = said;
    for (const { kind, metadata } of manifests) {
      if (kind !== "Namespace") Object.assign(metadata, { namespace });
    }
  }
  return manifests;
}

function resource(directory: string, name: string): Manifest[] {
  const path = join(directory, name);
  if (!name.endsWith(".yaml")) return rendered(path);
  return parseAllDocuments(readFileSync(path, "utf8")).map((document) => {
    if (document.errors.length > 0) throw document.errors[0]!;
    return document.toJS() as Manifest;
  });
}

function made(kind: string, directory: string, { name, files = [], literals = [] }: Generated) {
  const data = Object.fromEntries([
    ...files.map((file) => [file, readFileSync(join(directory, file), "utf8")] as const),
    ...literals.map((literal) => {
      const equals = literal.indexOf("=");
      return [literal.slice(0, equals), literal.slice(equals + 1)] as const;
    }),
  ]);
  return { kind, metadata: { name }, data } as Manifest;
}

/** With includeSelectors: wherever something is chosen by its labels. */
function label(manifest: Manifest, pairs: Readonly<Record<string, string>>): void {
  const { kind, metadata, spec } = manifest;
  Object.assign(metadata, { labels: { ...(metadata as { labels?: object }).labels, ...pairs } });
  if (kind === "Service") Object.assign(spec.selector as object, pairs);
  else if (spec?.selector?.matchLabels !== undefined)
    Object.assign(spec.selector.matchLabels, pairs);
  const template = spec?.template as Manifest | undefined;
  if (template === undefined) return;
  label(template, pairs);
  const spread = (template["spec"].topologySpreadConstraints ?? []) as {
    labelSelector: { matchLabels: object };
  }[];
  for (const { labelSelector } of spread) Object.assign(labelSelector.matchLabels, pairs);
}

function replicate({ spec }: Manifest, count: number): void {
  if (spec?.replicas !== undefined) spec.replicas = count;
}

function retag(
  { spec }: Manifest,
  { name, newName = name, newTag }: { name: string; newName?: string; newTag?: string },
): void {
  for (const container of containersOf(spec)) {
    const [now, tag] = container.image.split(":") as [string, string?];
    if (now === name) container.image = `${newName}:${newTag ?? tag ?? "latest"}`;
  }
}

function containersOf(spec: Manifest[string]): { image: string }[] {
  return (spec?.template?.spec?.containers ?? []) as { image: string }[];
}

function apply(directory: string, { target, patch, path }: Patch, manifests: Manifest[]): void {
  const text = patch ?? readFileSync(join(directory, path!), "utf8");
  const matches = (pattern: string, name: string): boolean => RegExp(`^${pattern}$`).test(name);
  const chosen = manifests.filter(
    ({ kind, metadata }) => matches(target.kind, kind) && matches(target.name, metadata.name),
  );
  if (chosen.length === 0) throw new Error(`${dirname(path ?? directory)}: a patch of nothing`);
  for (const manifest of chosen) {
    for (const operation of parse(text) as readonly Operation[]) operate(manifest, operation);
  }
}

function operate(manifest: Manifest, { op, path, value }: Operation): void {
  const steps = path.split("/").slice(1);
  const last = steps.pop()!;
  let at: Manifest[string] = manifest;
  for (const step of steps) {
    at = at?.[step];
    if (at === undefined) throw new Error(`${path}: there is no ${step}`);
  }
  if (op === "remove") {
    if (at[last] === undefined) throw new Error(`${path} is not there`);
    delete at[last];
    return;
  }
  const copy = structuredClone(value);
  if (last === "-") (at as unknown[]).push(copy);
  else if (op === "replace" && at[last] === undefined) throw new Error(`${path} is not there`);
  else at[last] = copy;
}
