// What to do. "Nothing" is an answer too.
//
// Advice comes from verdicts, from what the runs show, and from `stormglass tune hpa` if it was asked; it is never invented.

import type { Check } from "../../sim/slo.ts";
import { fullRuns, type ReportSubject, shownRun } from "../html/subject.ts";
import { storedCheck } from "../stored-check.ts";
import { type Block, heading, text } from "./document.ts";
import { roomText, usedOf } from "./objectives.ts";

/** Less room than this is said to be little. Assumed: seeds differ by about as much. */
const LITTLE_ROOM = 0.2;

export function adviceBlocks(subject: ReportSubject): readonly Block[] {
  return [heading("Recommendation"), ...verdictAdvice(subject), ...hpaAdvice(subject)];
}

function verdictAdvice(subject: ReportSubject): readonly Block[] {
  const { result } = subject;
  if (result.alarms.length > 0) {
    return [text("Put the alarms right first: these runs are unfit for an answer.")];
  }
  const gated = result.checks.map(storedCheck).filter(({ severity }) => severity === "fail");
  if (gated.length === 0) {
    return [text("Set a budget: without a limit there is nothing to meet or to miss.")];
  }
  const missed = gated.filter(({ verdict }) => verdict === "fail");
  if (missed.length > 0) return missedAdvice(subject, missed);
  const open = gated.filter(({ verdict }) => verdict === "inconclusive");
  if (open.length > 0) {
    const names = open.map(({ id }) => id).join(", ");
    return [
      text(`Add seeds: ${fullRuns(subject).length} cannot tell about ${names}.`),
      { kind: "code", text: subject.commands.moreSeeds },
    ];
  }
  return [text(nothingToDo(gated))];
}

function missedAdvice(subject: ReportSubject, missed: readonly Check[]): readonly Block[] {
  const names = missed.map(({ id }) => id).join(", ");
  const causes = (shownRun(subject)?.findings ?? []).slice(0, 3);
  const first = missed.find(({ worstSeed }) => worstSeed !== undefined);
  return [
    text(
      `Change the system before it meets this: ${names} ${missed.length === 1 ? "is" : "are"} missed.`,
    ),
    ...(causes.length === 0
      ? []
      : [
          text("What the run shows, most important first:"),
          { kind: "list", items: causes } as const,
        ]),
    ...(first === undefined
      ? []
      : [
          text(`To look at the worst seed of ${first.id}, event by event:`),
          { kind: "code", text: subject.commands.seed(first.worstSeed!) } as const,
        ]),
  ];
}

/** "No change: …", with the objective that is nearest to its limit. */
function nothingToDo(gated: readonly Check[]): string {
  const rooms = gated.flatMap((check) => {
    const used = usedOf(check);
    return used === undefined ? [] : [{ id: check.id, used }];
  });
  if (rooms.length === 0) return "No change: every objective is met.";
  const nearest = rooms.reduce((a, b) => (b.used > a.used ? b : a));
  const words = `nearest to its limit is ${nearest.id}, with ${roomText(nearest.used)} of it left`;
  return nearest.used > 1 - LITTLE_ROOM
    ? `No change is needed, but there is little room: ${words}. A bit more load, or a wrong assumption, may use it up.`
    : `No change: every objective is met. ${words[0]!.toUpperCase()}${words.slice(1)}.`;
}

function hpaAdvice(subject: ReportSubject): readonly Block[] {
  const { recommendation } = subject;
  if (recommendation === undefined) return [];
  const { file, diff } = recommendation;
  if (diff === "")
    return [text(`The HPA stays as it is: ${file} recommends the one that was run.`)];
  return [
    text(`The HPA that \`stormglass tune hpa\` recommends, ${file}:`),
    { kind: "diff", text: diff },
  ];
}
