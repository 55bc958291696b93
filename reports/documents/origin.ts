// Where a result comes from, and how to get it again.

import { fullRuns, type ReportSubject } from "../html/subject.ts";
import { type Block, columns, heading } from "./document.ts";

export function originBlocks(subject: ReportSubject): readonly Block[] {
  const { document, result, runs, commands } = subject;
  const kubernetes = runs.find(({ autoscaling }) => autoscaling !== undefined)?.autoscaling;
  const facts: (readonly [string, string])[] = [
    ["Scenario", `${result.name}, sha256 ${result.digest}`],
    [
      "Seeds",
      fullRuns(subject)
        .map(({ seed }) => seed)
        .join(", "),
    ],
    ["Program", `stormglass ${document.tool.version}, results ${document.schemaVersion}`],
    ...(kubernetes === undefined
      ? []
      : [["Kubernetes", `${kubernetes.kubernetesVersion}, ${kubernetes.workloadKind}`] as const]),
  ];
  return [
    heading("Where it comes from"),
    { kind: "code", text: commands.again },
    { kind: "table", table: { columns: columns("What", "Which"), rows: facts } },
    {
      kind: "table",
      folded: `Digests of ${runs.length} runs and ${Object.keys(result.files).length} files`,
      table: {
        columns: columns("What", "Digest"),
        rows: [
          ...runs.map(({ seed, variant, digest }) => [`seed ${seed}, ${variant}`, digest]),
          ...Object.entries(result.files),
        ],
      },
    },
  ];
}

/** The last line of a document. */
export function footerText({ document, result }: ReportSubject): string {
  const partial = document.complete ? "" : " The run was interrupted: this is a part of it.";
  return (
    `${result.name}, scenario ${result.digest.slice(0, 12)}. Made by stormglass ${document.tool.version} from simulated time ` +
    `alone: the same command gives the same bytes.${partial}`
  );
}
