import { expect, test } from "vitest";
import type { Scenario } from "../scenarios/schema.ts";
import type { Outside } from "./outside.ts";
import { showProgress } from "./progress.ts";
import type { Progress, Task } from "./task.ts";

const SCENARIO = {
  metadata: { name: "storm" },
  run: { durationMs: 10_000 },
  faults: [{ name: "kill-node", kind: "node-crash", atMs: 4_000 }],
} as unknown as Scenario;
const TASKS = ["full", "without:kill-node"].map((variant, index): Task => ({
  index,
  scenario: SCENARIO,
  seed: 7,
  variant,
  traceFile: undefined,
  verify: false,
}));
const at = (index: number, simulatedMs: number): Progress => ({
  index,
  simulatedMs,
  eventCount: 1_000,
});

/** A terminal that remembers what is written, and a clock that is moved by hand. */
function stage(isTTY: boolean, env: Readonly<Record<string, string>> = {}, columns = 100) {
  const written: string[] = [];
  const clock = { nowMs: 0 };
  const stderr = { isTTY, columns, stream: undefined, write: (text: string) => written.push(text) };
  const outside = { env, stderr, nowMs: () => clock.nowMs } as unknown as Outside;
  return { written, clock, outside };
}
const options = { isQuiet: false, noColor: false };

/** What a terminal shows in the end: lines, after what moves its cursor and erases. */
function screen(written: readonly string[]): string {
  const lines = [""];
  let row = 0;
  for (const [piece] of written.join("").matchAll(/\u001b\[[?\d]*[A-Za-z]|\n|\r|[^\u001b\n\r]+/g)) {
    const up = /^\u001b\[(\d+)A$/.exec(piece)?.[1];
    if (up !== undefined) row -= Number(up);
    else if (piece === "\u001b[J") lines.splice(row, lines.length, "");
    else if (piece === "\n") lines[++row] ??= "";
    else if (!/^[\r\u001b]/.test(piece)) lines[row] += piece; // Colours, like the cursor's, have no width.
  }
  return lines.join("\n");
}

test("[TV1] a terminal shows each run that is under way, in place", () => {
  const { written, clock, outside } = stage(true);
  const view = showProgress(outside, TASKS, options);
  view.update(at(0, 0));
  clock.nowMs = 300;
  view.update(at(1, 0));
  clock.nowMs = 1_000;
  view.update(at(0, 5_000));

  expect(screen(written)).toBe(
    "25 %  0 of 2 runs done  about 3 s left  2,000 events\n" +
      "  seed 7                    ████████░░░░░░░░   5 s  kill-node\n" +
      "  seed 7 without kill-node  ░░░░░░░░░░░░░░░░  0 ms\n",
  );
  view.done(0);
  clock.nowMs = 2_000;
  view.update(at(1, 5_000));
  expect(screen(written)).toContain("75 %  1 of 2 runs done");
  expect(screen(written)).not.toContain("kill-node\n  seed 7 ");
});

test("[TV1] it is drawn at most four times a second", () => {
  const { written, clock, outside } = stage(true);
  const view = showProgress(outside, TASKS, options);
  for (clock.nowMs = 0; clock.nowMs < 1_000; clock.nowMs += 10) view.update(at(0, clock.nowMs));

  expect(written.length).toBe(4);
});

test("[TV4] at the end nothing is left of it, and the cursor is back", () => {
  const { written, clock, outside } = stage(true);
  const view = showProgress(outside, TASKS, options);
  view.update(at(0, 0));
  clock.nowMs = 1_000;
  view.update(at(1, 5_000));
  view.stop();

  expect(screen(written)).toBe("");
  expect(written.at(-1)!.endsWith("\u001b[?25h")).toBe(true);
  const quiet = stage(true);
  const untouched = showProgress(quiet.outside, TASKS, options);
  untouched.stop();
  expect(quiet.written).toEqual([]);
});

test("[TV5] without a terminal, in a dumb or a very narrow one there are lines; with --quiet nothing", () => {
  for (const { outside, clock, written } of [
    stage(false),
    stage(true, { TERM: "dumb" }),
    stage(true, {}, 12),
  ]) {
    const view = showProgress(outside, TASKS, options);
    view.update(at(0, 5_000));
    clock.nowMs = 10_000;
    view.update(at(1, 2_000));
    view.done(0);
    view.stop();
    expect(written).toEqual(["35 % simulated, 2,000 events\n"]);
  }
  const { outside, written } = stage(true);
  showProgress(outside, TASKS, { ...options, isQuiet: true }).update(at(0, 1));
  expect(written).toEqual([]);
});

test("[TV5] NO_COLOR and --no-color leave nothing but what moves the cursor", () => {
  const COLOUR = new RegExp("\u001b\\[\\d+m");
  const drawn = (env: Readonly<Record<string, string>>, noColor: boolean): string => {
    const { outside, written } = stage(true, env);
    showProgress(outside, TASKS, { ...options, noColor }).update(at(0, 5_000));
    return written.join("");
  };

  expect(drawn({}, false)).toMatch(COLOUR);
  expect(drawn({ NO_COLOR: "1" }, false)).not.toMatch(COLOUR);
  expect(drawn({}, true)).not.toMatch(COLOUR);
});
