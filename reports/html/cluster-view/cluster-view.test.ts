import fc from "fast-check";
import { expect, test } from "vitest";
import type { PodLife, RunResult } from "../../../sim/result.ts";
import { bucketLow, Histogram } from "../../../sim/metrics/histogram.ts";
import { blastRadius, sharedOut } from "./blast-radius.ts";
import { stormFigures } from "./figures.ts";
import { base64, extremes, gridOf, lasts, quantized } from "./frames.ts";
import { hostsOf, transitions } from "./hosts.ts";
import { clock, embedded, escaped, niceStep, px, timeTicks } from "./markup.ts";
import { admittedResumes, bucketStartMs, returnedBy, returnsOf } from "./recovery-times.ts";
import { sceneOf } from "./scene.ts";
import { clusterViewSection } from "./section.ts";
import { stormOf, type StormInfo } from "./storm.ts";

const INFO: StormInfo = {
  title: "Does it hold?",
  faults: [{ name: "kill-node", fromMs: 5_000, toMs: 5_000 }],
  windows: { run: { fromMs: 0, toMs: 10_000 } },
  maxConnections: 200,
};

/** Ten seconds, three nodes and two edges; node 1 dies at 5 s with 100 sessions, which come back within a second. */
function storm(changes: Partial<RunResult> = {}): RunResult {
  const waits = new Histogram();
  for (let i = 1; i <= 100; i++) waits.record(i * 10_000);
  const by = (value: (row: number) => number): number[] =>
    Array.from({ length: 10 }, (_, r) => value(r));
  const columns: Record<string, number[]> = {
    "sessions.active": by(() => 300),
    "join.pending": by((row) => (row < 3 ? 50 - 10 * row : 0)),
    "join.succeeded": by((row) => (row < 3 ? 100 : 0)),
    "reconnect.offered": by((row) => (row === 5 ? 100 : 0)),
    "reconnect.succeeded": by((row) => (row === 5 ? 60 : row === 6 ? 40 : 0)),
    "replicas.ready": by((row) => (row < 5 ? 3 : 2)),
    "rooms.live": by(() => 40),
    "rooms.moved": by((row) => (row === 5 ? 9 : 0)),
  };
  [0, 1, 2].forEach((n) => {
    const isDead = (row: number): boolean => n === 1 && row >= 5;
    columns[`node.load/n${n}`] = by((row) => (isDead(row) ? 0 : row > 5 ? 150 : 100));
    columns[`node.memory.bytes/n${n}`] = by((row) => (isDead(row) ? 0 : 1e6));
    columns[`node.cpu.ratio/n${n}`] = by((row) => row / 20);
  });
  [0, 1].forEach((e) => (columns[`edge.load/e${e}`] = by(() => 150 - e)));
  return {
    scenario: "node-death",
    seed: 1,
    variant: "full",
    digest: "00",
    eventCount: 1,
    simulatedMs: 10_000,
    endedEarly: undefined,
    windows: INFO.windows,
    values: {
      "disturbed.sessions@run": 100,
      "reconnect.offered@run": 100,
      "blast.sessions@run": 4,
      "reconnect.failed@run": 0,
      "sessions.active.max@run": 300,
      "rooms.moved@run": 9,
    },
    histograms: { "reconnect.time@run": waits.toCounts() },
    series: { resolutionMs: 1_000, columns },
    autoscaling: undefined,
    invariants: [],
    findings: [],
    ...changes,
  };
}

test("[CV1] the same run makes the same bytes, and no markup of its own from names in a file", () => {
  const info = {
    ...INFO,
    title: "<b>&\"'",
    faults: [{ name: "</script><i>", fromMs: 1, toMs: 2 }],
  };
  const one = clusterViewSection(storm(), info)!;
  const figures = stormFigures(storm(), info);

  expect(clusterViewSection(storm(), info)).toEqual(one);
  expect(stormFigures(storm(), info)).toEqual(figures);
  const text = one.html + figures.map(({ html }) => html).join("");
  expect(text).not.toMatch(/<i>|<b>|\/script><i/);
  expect(text).not.toMatch(/ style=| on[a-z]+=/); // What a policy of hashes would forbid.
  expect(one.script).not.toContain("kill-node");
});

test("[CV1] the script is one that a browser can read, without eval", () => {
  const { script } = clusterViewSection(storm(), INFO)!;

  expect(() => new Function(script)).not.toThrow();
  expect(script).not.toMatch(/\beval\b|\bnew Function\b|innerHTML|<\/script/);
});

test("[CV2] a run without loads of nodes has no cluster view, one without a fault no recovery", () => {
  const { series } = storm();
  const columns = { "sessions.active": series.columns["sessions.active"]! };
  const calm = storm({ values: {}, histograms: {} });

  expect(clusterViewSection(storm({ series: { ...series, columns } }), INFO)).toBeUndefined();
  expect(stormFigures(calm, { ...INFO, faults: [] }).map(({ id }) => id)).toEqual([
    "load-of-nodes",
    "load-of-edges",
  ]);
});

test("[CV2] without scripts the moment that tells most is seen: most people out again", () => {
  const { tellingFrame, ...rest } = stormOf(storm(), INFO)!;
  const { svg } = sceneOf({ tellingFrame, ...rest }, "still");

  expect(tellingFrame).toBe(5);
  expect(svg.match(/cv-cell cv-down/g)).toHaveLength(1);
  expect(svg).toContain("50 %");
});

test("[CV3] a long run keeps the least and the greatest value of every span, in their order", () => {
  const rows = Array.from({ length: 1_000 }, (_, row) => (row === 504 ? 99 : row === 508 ? -7 : 1));
  const grid = gridOf(1_000, 1_000, 300);
  const frames = extremes(rows, grid);

  expect(grid.frames).toBeLessThanOrEqual(300);
  expect(frames).toHaveLength(grid.frames);
  expect(frames.indexOf(-7)).toBe(frames.indexOf(99) + 1);
  fc.assert(
    fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 700 }), (column) => {
      const kept = extremes(column, gridOf(column.length, 1_000, 40));
      expect(Math.max(...kept)).toBe(Math.max(...column));
      expect(Math.min(...kept)).toBe(Math.min(...column));
    }),
    { seed: 1 },
  );
});

test("[CV3] a short run keeps its rows", () => {
  const grid = gridOf(3, 500, 300);

  expect(grid).toEqual({ rows: 3, rowsPerPair: 1, frames: 3, stepMs: 500 });
  expect(extremes([3, 1, 2], grid)).toEqual([3, 1, 2]);
  expect(lasts([3, 1, 2], grid)).toEqual([3, 1, 2]);
  expect(extremes(undefined, grid)).toEqual([0, 0, 0]);
});

test("[CV3] loads are bytes in base64: something is never nothing", () => {
  expect([0, 0.001, 100, 200, 999].map((load) => quantized(load, 200))).toEqual([
    0, 1, 128, 255, 255,
  ]);
  expect(base64([0, 255, 16])).toBe("AP8Q");
  expect(base64([1, 2, 3, 4])).toBe("AQIDBA==");
});

test("[CV4] a host that uses no memory is down, whether or not it has sessions", () => {
  const { states, names } = hostsOf(storm(), "node", gridOf(10, 1_000, 300));

  expect(names).toEqual(["n0", "n1", "n2"]);
  expect(states.map(transitions)).toEqual([
    [0, 2],
    [0, 2, 5, 4],
    [0, 2],
  ]);
});

test("[CV4] pods start, drain, even for less than a frame, and are not there before and after", () => {
  const pod = (node: number, changes: Partial<PodLife>): PodLife => ({
    name: `p${node}`,
    node,
    machine: 0,
    createdAtMs: -3_600_000,
    scheduledAtMs: 0,
    pulledAtMs: 0,
    servedAtMs: 0,
    readyAtMs: -1,
    deletedAtMs: undefined,
    goneAtMs: undefined,
    createdFor: "beginning",
    deletedFor: undefined,
    sessionsAtDelete: 0,
    sessionsKilled: 0,
    ...changes,
  });
  const pods = [
    pod(0, { deletedAtMs: 4_100, goneAtMs: 4_300 }),
    pod(0, { createdAtMs: 4_300, readyAtMs: 7_500 }),
    pod(2, { createdAtMs: 2_500, readyAtMs: 4_500, deletedAtMs: 6_000, goneAtMs: 7_000 }),
  ];
  const autoscaling = {
    manifest: undefined,
    kubernetesVersion: "1.35",
    workloadKind: "Deployment" as const,
    decisions: [],
    pods,
  };
  const { states } = hostsOf(storm({ autoscaling }), "node", gridOf(10, 1_000, 300));

  expect(states[0]!.join(" ")).toBe("up up up up draining starting starting up up up");
  expect(states[1]!.join(" ")).toBe(new Array(10).fill("absent").join(" "));
  expect(states[2]!.join(" ")).toBe(
    "absent absent starting starting up up draining absent absent absent",
  );
});

test("[CV5] the recovery's marks are of all sessions that were lost, and never come when too few are back", () => {
  const steps = returnsOf(storm().histograms["reconnect.time@run"]!);

  expect(returnedBy(steps, 100, 0.5)).toBeCloseTo(500, 0);
  expect(returnedBy(steps, 100, 1)).toBeCloseTo(1_000, 0);
  expect(returnedBy(steps, 200, 0.5)).toBeCloseTo(1_000, 0);
  expect(returnedBy(steps, 200, 0.9)).toBeUndefined();
});

test("[CV5] buckets mean the same here as where they were counted", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 32_000 }), (index) => {
      expect(bucketStartMs(index)).toBe(bucketLow(index) / 1_000);
    }),
    { seed: 1 },
  );
});

test("[CV5] the bound is N sessions at R a second: the slower of the edges and the nodes that are up", () => {
  const edges = { admission: { resumesPerSec: 1_000, burst: 500 } };
  const nodes = { admission: { perSec: 500, burst: 400 } };
  const slow = { edges, nodes: { admission: { perSec: 50, burst: 10 } } };

  const admission = { edges, nodes };
  expect(admittedResumes(admission, { edges: 4, nodes: 11 })).toEqual({
    perSec: 4_000,
    burst: 2_000,
  });
  expect(admittedResumes(admission, { edges: 4, nodes: 3 })).toEqual({
    perSec: 1_500,
    burst: 1_200,
  });
  expect(admittedResumes(admission, { edges: 4, nodes: 0 })).toBeUndefined();
  // Two nodes of three are up when the third one's 100 sessions are lost: 20 at once, then 100 a second.
  const figures = stormFigures(storm(), { ...INFO, admission: slow });
  expect(figures.find(({ id }) => id === "recovery")!.html).toContain("N ÷ R = 800 ms");
});

test("[CV6] every group of the blast radius that has somebody has a square", () => {
  expect(sharedOut([0, 1, 3, 99_996])).toEqual([0, 1, 1, 198]);
  expect(sharedOut([50, 0, 50, 100])).toEqual([50, 0, 50, 100]);
  expect(blastRadius(storm())!.html).toContain("100 of 300 sessions (33.3 %)");
  fc.assert(
    fc.property(fc.array(fc.nat(100_000), { minLength: 4, maxLength: 4 }), (sizes) => {
      if (sizes.every((size) => size === 0)) return;
      expect(sharedOut(sizes).reduce((sum, n) => sum + n, 0)).toBe(200);
    }),
    { seed: 1 },
  );
});

test("[CV7] cells of any number of hosts lie on the stage and not on each other", () => {
  for (const count of [1, 2, 8, 12, 59, 64, 118, 300]) {
    const base = storm();
    const columns = { ...base.series.columns };
    for (let n = 0; n < count; n++) columns[`node.load/n${n}`] = new Array<number>(10).fill(n);
    const view = stormOf(storm({ series: { ...base.series, columns } }), INFO)!;
    const { nodes, edges, height } = sceneOf(view, "still");
    const cells = [...edges, ...nodes];
    for (const [i, a] of cells.entries()) {
      expect(a.x >= -0.01 && a.x + a.width <= 960.01 && a.y + a.height <= height).toBe(true);
      const [b] = cells.slice(i + 1);
      const isApart =
        b === undefined || b.y >= a.y + a.height - 0.01 || b.x >= a.x + a.width - 0.01;
      expect(isApart).toBe(true);
    }
  }
});

test("[CV7] axes have ticks that people count in", () => {
  expect(timeTicks(120_000, 12).map(clock).slice(0, 4)).toEqual(["0", "10s", "20s", "30s"]);
  expect(clock(90_000)).toBe("1m 30s");
  expect(clock(3_900_000)).toBe("1h 05m");
  expect([niceStep(1_000, 300), niceStep(0, 3), niceStep(0.1, 2)]).toEqual([5, 1, 0.05]);
  expect([px(-0.001), px(1.005), px(2)]).toEqual(["0", "1", "2"]);
  expect(escaped(`<a b="c">&'`)).toBe("&lt;a b=&quot;c&quot;&gt;&amp;&#39;");
  expect(embedded("</script>")).toBe('"\\u003c/script>"');
});
