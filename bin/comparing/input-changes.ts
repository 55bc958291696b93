// What differs between the inputs of two sides, in words: nothing, settings, costs, another scenario, another simulator.
//
// A comparison is a sentence about a change, so the change must be named. Where both scenarios are at hand every value that
// differs is listed; else what was set and which files differ.

import type { Inputs } from "./side.ts";

export interface InputChange {
  /** "unknown": the scenarios differ, and not both are at hand. */
  readonly kind: "none" | "settings" | "profile" | "scenario" | "unknown";
  /** The code that simulates is not the same, or nobody said what it was. */
  readonly isModelChange: boolean;
  /** One per value, such as "clients.total: 8000 → 9000". */
  readonly lines: readonly string[];
}

/** Paths of a resolved scenario that change no run: sentences, and where its files lie. */
const SAYINGS =
  /^(metadata\.(name|title|description|answer)|budgets|profile\.costs\.\w+\.(evidence|source))\b/;

export function inputChange(base: Inputs, candidate: Inputs): InputChange {
  const isModelChange = base.model === undefined || base.model !== candidate.model;
  if (base.digest === candidate.digest) return { kind: "none", isModelChange, lines: [] };
  const isOther = base.scenario !== candidate.scenario;
  const names = isOther ? [`scenario: ${base.scenario} → ${candidate.scenario}`] : [];
  if (base.resolved === undefined || candidate.resolved === undefined) {
    const lines = [...names, ...settingLines(base, candidate), ...fileLines(base, candidate)];
    return { kind: isOther ? "scenario" : "unknown", isModelChange, lines };
  }
  const differing = valueLines(base.resolved, candidate.resolved);
  const isOnlyCosts = differing.every(([path]) => path.startsWith("profile."));
  const ofValues = differing.length === 0 ? "none" : isOnlyCosts ? "profile" : "settings";
  const kind = isOther ? "scenario" : ofValues;
  return {
    kind,
    isModelChange,
    lines: [...names, ...differing.map(([path, text]) => `${path}: ${text}`)],
  };
}

/** The label of a change, for its headline. */
export function changeLabel({ kind, isModelChange }: InputChange): string {
  const words = {
    none: "the same scenario",
    settings: "changed settings",
    profile: "changed costs",
    scenario: "different scenarios",
    unknown: "changed scenario",
  };
  return isModelChange ? `model change, ${words[kind]}` : words[kind];
}

function valueLines(base: unknown, candidate: unknown): readonly (readonly [string, string])[] {
  const [before, after] = [leaves(base), leaves(candidate)];
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => {
    const [from, to] = [before.get(path), after.get(path)];
    if (from === to || SAYINGS.test(path)) return [];
    return [[path, `${from ?? "absent"} → ${to ?? "absent"}`] as const];
  });
}

/** Path → value as text; of elements with a name or a phase that is their place, as with --set. */
function leaves(value: unknown, path = "", found = new Map<string, string>()): Map<string, string> {
  if (typeof value !== "object" || value === null) {
    if (value !== undefined) found.set(path, String(value));
    return found;
  }
  for (const [key, part] of Object.entries(value)) {
    const named = Array.isArray(value) ? (part as { name?: string; phase?: string } | null) : null;
    const place = named?.name ?? named?.phase ?? key;
    leaves(part, path === "" ? place : `${path}.${place}`, found);
  }
  return found;
}

function settingLines(base: Inputs, candidate: Inputs): string[] {
  const only = (some: readonly string[], others: readonly string[], whose: string): string[] =>
    some.filter((one) => !others.includes(one)).map((one) => `--set ${one}: ${whose} only`);
  return [
    ...only(base.settings, candidate.settings, "base"),
    ...only(candidate.settings, base.settings, "candidate"),
  ];
}

function fileLines(base: Inputs, candidate: Inputs): string[] {
  const files = [...new Set([...Object.keys(base.files), ...Object.keys(candidate.files)])].sort();
  return files.flatMap((file) => {
    const [before, after] = [base.files[file], candidate.files[file]];
    if (before === after) return [];
    if (before === undefined || after === undefined) {
      return [`${file}: ${before === undefined ? "candidate" : "base"} only`];
    }
    return [`${file}: another text`];
  });
}
