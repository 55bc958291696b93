// Where an export comes from: said in every file of it, for people as a comment, for programs as annotations.

import type { ExportSubject } from "./subject.ts";

const PREFIX = "stormglass.dev";
/** Characters of a comment's line. */
const WIDTH = 96;
/** Digests that a comment lists; more are only counted. */
const LISTED_MAX = 10;

/** Annotations of every object that is exported. */
export function annotationsOf(subject: ExportSubject): Readonly<Record<string, string>> {
  const { scenario, runDigest, verdict, runs, hpa } = subject;
  return {
    [`${PREFIX}/scenario`]: scenario,
    [`${PREFIX}/run-digest`]: runDigest,
    [`${PREFIX}/verdict`]: verdict,
    [`${PREFIX}/seeds`]: seedsText(runs.map(({ seed }) => seed)),
    ...(hpa?.isOfRun === false ? { [`${PREFIX}/hpa`]: "not the one of the run" } : {}),
  };
}

/** "1-5, 9": runs of consecutive seeds are joined. */
export function seedsText(seeds: readonly number[]): string {
  const spans: { from: number; to: number }[] = [];
  for (const seed of seeds) {
    const last = spans.at(-1);
    if (last !== undefined && seed === last.to + 1) last.to = seed;
    else spans.push({ from: seed, to: seed });
  }
  return spans.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}

/** The comment at the head of a file: what it is, then the run behind it. No marks of comments. */
export function headOf(subject: ExportSubject, what: string): string {
  const { scenario, verdict, answer, runs, command, toolVersion, hpa } = subject;
  const listed = runs.slice(0, LISTED_MAX).map(({ seed, digest }) => `seed ${seed} ${digest}`);
  const more = runs.length - listed.length;
  if (more > 0) listed.push(`and ${more} more`);
  const lines = [
    ...wrapped(what),
    "",
    ...wrapped(`From ${scenario}, verdict ${verdict}, stormglass ${toolVersion}: ${answer}`),
    ...wrapped(`Digests: ${listed.join(", ")}.`),
    `Again:   ${command}`,
  ];
  if (hpa?.isOfRun === false) {
    lines.push(...wrapped("The runs had another HPA than this export: their verdict is not its."));
  }
  return lines.join("\n");
}

/** `text` in lines of a comment's width. */
export function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return line === "" ? lines : [...lines, line];
}
