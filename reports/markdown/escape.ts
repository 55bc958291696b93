// Text that came from a file, in Markdown: it is shown as it is, and does nothing.
//
// Whoever writes a scenario in a pull request must not be able to add a heading, a link, an image or HTML to
// the summary, nor to call people by their names. Every mark is escaped, rather than the few that matter in
// one place: where a name lands changes more often than anybody rereads this file.

/** ASCII punctuation: CommonMark lets a backslash stand before each. */
const MARKS = /[!"$%&'()*+,\-./:;<=>?[\\\]^_`{|}~]/g;
/** Line ends and other control characters, and those that turn the direction of writing. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]+/g;
/** Invisible, and ends a mention or a reference to an issue, which GitHub looks for after all escaping. */
const NOTHING = "&#8203;";

/** On one line, also within a cell of a table. */
export function markdownText(text: string): string {
  return onOneLine(text)
    .replace(MARKS, plainMark)
    .replace(/[@#]/g, (mark) => `\\${mark}${NOTHING}`);
}

/** Marks that do nothing between letters and blanks are left alone: a summary is also read as it is written. */
function plainMark(mark: string, at: number, text: string): string {
  const [before = " ", after = " "] = [text[at - 1], text[at + 1]];
  const isInProse = at > 0 && /[%,;'?"()=/]/.test(mark);
  const isInNumber = /\d/.test(before) && (mark === "." ? /\d/.test(after) : false);
  const endsSentence = at > 0 && mark === "." && !/\d/.test(before) && /\s/.test(after);
  const isHyphen = mark === "-" && /\w/.test(before) && /\w/.test(after);
  const isColon = mark === ":" && /\s/.test(after);
  return isInProse || isInNumber || endsSentence || isHyphen || isColon ? mark : `\\${mark}`;
}

/** As code; within a cell of a table, too. */
export function markdownCode(text: string): string {
  const one = onOneLine(text).replaceAll("|", "¦"); // A cell ends at a bar, even within code.
  const fence = "`".repeat(longestRun(one) + 1);
  const pad = one.startsWith("`") || one.endsWith("`") ? " " : "";
  return `${fence}${pad}${one}${pad}${fence}`;
}

/** Lines as they are, in a fence that none of them can close. */
export function markdownFence(lines: readonly string[], language = "text"): string {
  const body = lines.map((line) => line.replace(CONTROLS, " "));
  const fence = "`".repeat(Math.max(3, longestRun(body.join("\n")) + 1));
  return [`${fence}${language}`, ...body, fence].join("\n");
}

/** At most `lengthMax` code points, the last one "…" where something is missing. */
export function cut(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const points = [...text];
  return points.length <= lengthMax ? text : `${points.slice(0, lengthMax - 1).join("")}…`;
}

function onOneLine(text: string): string {
  return text.replace(CONTROLS, " ").trim();
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map((run) => run.length));
}
