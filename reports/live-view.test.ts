import { expect, test } from "vitest";
import { NO_PAINT, visibleLength } from "./layout.ts";
import { liveLines, type LiveRun, type LiveState } from "./live-view.ts";

const run = (seed: number, more: Partial<LiveRun> = {}): LiveRun => ({
  name: `seed ${seed}`,
  simulatedMs: 60_400,
  durationMs: 120_000,
  telemetry: {
    connections: 23_950,
    pendingJoins: 0,
    joinP95Ms: 412,
    queueDepth: 38,
    replicasReady: 11,
    replicasDesired: 12,
  },
  faults: ["kill-node"],
  ...more,
});
const state = (running: readonly LiveRun[]): LiveState => ({
  runCount: 12,
  doneCount: 3,
  simulatedMs: 480_000,
  totalMs: 1_440_000,
  eventCount: 7_250_000,
  elapsedMs: 9_800,
  running,
});

test("[TV2] a run is a line: where it is, who is connected, who waits or how long, nodes, queue, faults", () => {
  const waiting = { ...run(2).telemetry!, connections: 940, pendingJoins: 1_204 };
  const lines = liveLines(
    state([run(1), run(2, { telemetry: waiting, faults: [] })]),
    110,
    NO_PAINT,
  );

  expect(lines).toEqual([
    "33 %  3 of 12 runs done  about 20 s left  7,250,000 events",
    "  seed 1  ████████░░░░░░░░  1m 00s  23,950 connected  join p95 412 ms  11/12 nodes  queue 38  kill-node",
    "  seed 2  ████████░░░░░░░░  1m 00s     940 connected    1,204 joining  11/12 nodes  queue 38",
  ]);
});

test("[TV2] a run of which nothing is known yet has its bar", () => {
  const begun = run(4, { simulatedMs: 0, telemetry: undefined, faults: [] });

  expect(liveLines(state([begun]), 80, NO_PAINT)[1]).toBe("  seed 4  ░░░░░░░░░░░░░░░░  0 ms");
});

test("[TV3] no line is wider than the terminal, whatever its width, and the most telling stays", () => {
  const runs = [run(1), run(2, { name: "join-storm-100k seed 2 without kill-node" })];
  for (let width = 1; width <= 130; width++) {
    for (const line of liveLines(state(runs), width, NO_PAINT)) {
      expect(visibleLength(line), `${width}: ${line}`).toBeLessThanOrEqual(width);
    }
  }
  expect(liveLines(state([run(1)]), 56, NO_PAINT)).toEqual([
    "33 %  3 of 12 runs done  about 20 s left",
    "  seed 1  ████████░░░░░░░░  1m 00s  23,950 connected",
  ]);
});

test("[TV3] there are at most 10 lines", () => {
  const many = Array.from({ length: 32 }, (_, i) => run(i + 1));
  const lines = liveLines(state(many), 80, NO_PAINT);

  expect(lines.length).toBe(10);
  expect(lines.at(-1)).toBe("  and 24 more");
});
