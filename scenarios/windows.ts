// Named spans of a run: `storm.start`, `storm.end + 60s`, `kill-node.start - 5s`, `2m`.
//
// Phases and faults lend their names; `run` is the whole. Signs stand between blanks, since names may
// hold hyphens. A window must lie inside the run: a budget on time that never comes proves nothing.

import { suggestion } from "./problem.ts";
import { formatQuantity, parseQuantity } from "./quantities.ts";

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What an expression may refer to: phases, faults, the run. */
export type SpanNames = ReadonlyMap<string, Span>;

export type Instant =
  { readonly ok: true; readonly atMs: number } | { readonly ok: false; readonly must: string };

/** The instant that `text` means, in ms; or what it must be instead. */
export function instantOf(text: string, names: SpanNames): Instant {
  const words = text.trim().split(/\s+/);
  let atMs = 0;
  let sign = 1;
  for (const [index, word] of words.entries()) {
    if (index % 2 === 1) {
      if (word !== "+" && word !== "-") return fault(`have + or - between its parts`);
      sign = word === "+" ? 1 : -1;
      continue;
    }
    const term = termOf(word, names, index === 0);
    if (!term.ok) return term;
    atMs += sign * term.atMs;
  }
  if (words.length % 2 === 0) return fault("end in a duration");
  return { ok: true, atMs };
}

function termOf(word: string, names: SpanNames, isFirst: boolean): Instant {
  const ms = parseQuantity("duration", word);
  if (ms !== undefined) return { ok: true, atMs: ms };
  if (!isFirst) return fault(`add durations with a unit, such as 30s; "${word}" is none`);
  const dot = word.lastIndexOf(".");
  const [name, edge] = dot > 0 ? [word.slice(0, dot), word.slice(dot + 1)] : [word, ""];
  const known = [...names.keys()];
  const span = names.get(name);
  if (span !== undefined && (edge === "start" || edge === "end")) {
    return { ok: true, atMs: edge === "start" ? span.fromMs : span.toMs };
  }
  if (span !== undefined) return fault(`say ${name}.start or ${name}.end`);
  const meant = suggestion(name, known);
  return fault(`begin with a duration or with .start or .end of ${known.join(", ")}${meant}`);
}

function fault(must: string): Instant {
  return { ok: false, must };
}

/** Why the span is not one, or undefined when it is. */
export function spanFault(span: Span, durationMs: number): string | undefined {
  if (span.fromMs < 0) return "begin at 0s or later";
  if (span.toMs > durationMs) {
    const over = formatQuantity("duration", span.toMs);
    return `end within the run (${formatQuantity("duration", durationMs)}); it ends at ${over}`;
  }
  if (span.fromMs >= span.toMs) return "end after it begins";
  return undefined;
}
