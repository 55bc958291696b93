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
  const { scenario, verdict, answer, runs, runDigest, command, toolVersion, kubernetes, hpa } =
    subject;
  const blocks = parts.map(({ kind, what, files, apply }) =>
    [
      `${kind}: ${what}`,
      ...files.map(({ name }) => `    ${name}`),
      ...apply(subject).map((line) => `  $ ${line}`),
    ].join("\n"),
  );
  const mind = [
    ...(hpa?.isOfRun === false
      ? ["The runs had another HPA than these files: their verdict is not its."]
      : []),
    ...warnings,
  ];
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
    ...(mind.length === 0 ? [] : ["Mind", ...mind.map((line) => `  ${line}`), ""]),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}
