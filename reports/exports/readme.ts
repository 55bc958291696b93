// The page that lies beside exported files: which run they come from, what each is, and what to type.

import { seedsText } from "./provenance.ts";
import type { ExportFile, ExportSubject } from "./subject.ts";

export interface Part {
  readonly kind: string;
  readonly what: string;
  readonly files: readonly ExportFile[];
  /** What to type in the directory; "" for nothing. */
  readonly apply: (subject: ExportSubject) => readonly string[];
}

export function readmeText(
  subject: ExportSubject,
  parts: readonly Part[],
  left: readonly string[],
  warnings: readonly string[],
): string {
  const { scenario, verdict, answer, runs, runDigest, command, toolVersion, kubernetes } = subject;
  const blocks = parts.map(({ kind, what, files, apply }) =>
    [
      `${kind}: ${what}`,
      ...files.map(({ name }) => `    ${name}`),
      ...apply(subject).map((line) => `  $ ${line}`),
    ].join("\n"),
  );
  const lines = [
    `Exports of ${scenario}, for Kubernetes ${kubernetes}, namespace ${subject.namespace}`,
    "",
    `Verdict  ${verdict}: ${answer}`,
    `Run      ${runDigest}, stormglass ${toolVersion}`,
    ...runs.map(({ seed, digest }) => `         seed ${seed}  ${digest}`),
    `Seeds    ${seedsText(runs.map(({ seed }) => seed))}`,
    `Again    ${command}`,
    "",
    ...blocks.flatMap((block) => [block, ""]),
    ...(left.length === 0 ? [] : ["Left out", ...left.map((line) => `  ${line}`), ""]),
    ...(warnings.length === 0 ? [] : ["Mind", ...warnings.map((line) => `  ${line}`), ""]),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}
