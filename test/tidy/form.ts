// The form of files: their length, their names, their first words, and what they must not leave behind.

import { type Complaint, type SourceFile, linesWith } from "./complaint.ts";

const LINES_MAX = 400;
const VAGUE_NAMES = ["utils", "util", "helpers", "helper", "common", "manager", "data", "misc"];
/** Where a folder may be called data: what tests read is nothing else. */
const DATA_FOLDER = "test/data/";

const isCode = (path: string): boolean => /\.(ts|js|py|cpp|yaml)$/.test(path);

export function formFaults(file: SourceFile): readonly Complaint[] {
  return [
    ...nameFaults(file.path),
    ...lengthFaults(file),
    ...openingFaults(file),
    ...leftovers(file),
    ...addresses(file),
  ];
}

function nameFaults(path: string): readonly Complaint[] {
  const rest = path.startsWith(DATA_FOLDER) ? path.slice(DATA_FOLDER.length) : path;
  const vague = rest.split("/").find((part) => VAGUE_NAMES.includes(part.split(".")[0]));
  if (vague === undefined) return [];
  return [{ path, line: 1, what: `is named ${vague}`, instead: "name what it is" }];
}

function lengthFaults({ path, text }: SourceFile): readonly Complaint[] {
  if (!path.endsWith(".ts")) return [];
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  if (lines <= LINES_MAX) return [];
  const what = `has ${lines} lines`;
  return [{ path, line: LINES_MAX + 1, what, instead: `divide it by law, at most ${LINES_MAX}` }];
}

function openingFaults({ path, text }: SourceFile): readonly Complaint[] {
  const says = path.endsWith(".test.ts") || !path.includes("/"); // The names of the tests; the tool's own rules.
  if (!path.endsWith(".ts") || says || /^(#!.*\n+)?(\/\/|\/\*)/.test(text)) return [];
  const instead = "open with a comment: what lives here, why it is so";
  return [{ path, line: 1, what: "opens without its law", instead }];
}

function leftovers({ path, text }: SourceFile): readonly Complaint[] {
  if (!isCode(path)) return [];
  const complaints: Complaint[] = [];
  for (const [line, what] of linesWith(text, /\b(?:TO[D]O|FIX[M]E|X[X]X)\b/)) {
    complaints.push({
      path,
      line,
      what,
      instead: "do it, or say in the report that it is missing",
    });
  }
  for (const [line, what] of linesWith(text, /^\s*(?:test|it|describe)\.(?:only|todo)\b/)) {
    complaints.push({ path, line, what, instead: "run all tests" });
  }
  // A reason stands in a comment on the same line.
  for (const [line] of linesWith(text, /^\s*(?:test|it|describe)\.skip\((?!.*\/\/)/)) {
    complaints.push({
      path,
      line,
      what: ".skip without a reason",
      instead: "add // and the reason",
    });
  }
  return complaints;
}

/** Paths of one machine, and the hosts of package registries other than the public one. */
const MACHINE_PATH = /(?<![\w.:/])\/(?:work|home|root|Users)\/\w+|\b[A-Z]:\\Users\\/;
const REGISTRY = /\bregistry\.(?!npmjs\.org|k8s\.io)[\w-]+\.[\w.-]+/;
const LOCKED_ELSEWHERE = /"resolved": "https?:\/\/(?!registry\.npmjs\.org\/)[^/"]+/;

function addresses({ path, text }: SourceFile): readonly Complaint[] {
  const complaints: Complaint[] = [];
  for (const [line, what] of linesWith(text, MACHINE_PATH)) {
    complaints.push({ path, line, what, instead: "write paths from the root of the project" });
  }
  for (const pattern of [REGISTRY, LOCKED_ELSEWHERE]) {
    for (const [line, what] of linesWith(text, pattern)) {
      complaints.push({ path, line, what, instead: "name no registry: npm knows its own" });
    }
  }
  return complaints;
}
