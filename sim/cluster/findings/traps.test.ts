import { describe, expect, test } from "vitest";
import { builtinScenario } from "../../../test/scenarios.ts";
import type { RunResult } from "../../result.ts";
import { findings } from "./findings.ts";
import { hpa, type Look, type MadeUp, madeUpRun, podLife, podLives } from "./made-up-run.ts";
import { traps } from "./traps.ts";

const ACTIVE = "Pods active_websocket_connections 1700";
const scenario = builtinScenario("join-storm-100k", ["cluster.nodes.softLimit=100%"]);
const said = (parts: MadeUp, settings = scenario): readonly string[] =>
  traps(madeUpRun(parts), settings);
/** The one sentence that there is. */
const only = (parts: MadeUp, settings = scenario): string => {
  const all = said(parts, settings);
  expect(all).toHaveLength(1);
  return all[0]!;
};

/** 100,000 clients, of whom 2,000 a pod have a session. */
const crowd = (pods: (atMs: number) => number): MadeUp["columns"] => ({
  "connections.offered": () => 100_000,
  "sessions.active": (atMs) => Math.min(100_000, 2_000 * pods(atMs)),
  "join.turnedaway": () => 100,
});

describe("a metric that saturates", () => {
  const path = [8, 10, 12, 15, 18, 22, 26, 31, 37, 44, 52];
  const looks = path.map((from, i): Look => {
    const to = path[i + 1] ?? from;
    const ratio = to === from ? 1 : 2_000 / 1_700;
    return { atMs: 15_000 * (i + 2), from, to, said: [{ ratio, proposal: to }] };
  });
  const podsAt = (atMs: number): number => path[Math.min(10, Math.ceil(atMs / 15_000) - 2)] ?? 8;
  const pods = path.flatMap((count, i) =>
    podLives(path[i - 1] ?? 0, count, { readyAtMs: i === 0 ? 0 : 15_000 * (i + 2) - 1_000 }),
  );

  test("[FI2] the crawl is told with its path, its time and who waited", () => {
    const columns = crowd(podsAt)!;
    const words = only({ manifest: hpa([ACTIVE]), looks, pods, durationMs: 300_000, columns });

    expect(words).toContain("at most its limit of 2,000");
    expect(words).toContain("one look multiplies the pods by at most 1.18");
    expect(words).toContain("8, 10, 12, 15, 18, 22, 26, 31, 37, 44, 52");
    expect(words).toContain("2m 16s until there was room");
    expect(words).toContain("84,000 clients waited outside");
    expect(words).toContain("offered_websocket_connections");
  });

  test("[FI2] it is also told when the run ends before there is room", () => {
    const durationMs = 100_000;
    const early = looks.filter(({ atMs }) => atMs < durationMs);
    const manifest = hpa([ACTIVE]);
    const words = only({ manifest, looks: early, pods, durationMs, columns: crowd(podsAt)! });

    expect(words).toContain("at the end, it was not there yet");
  });

  test("[FI2] a ratio within the tolerance is the HPA that never scales", () => {
    const tight = builtinScenario("join-storm-100k", ["cluster.nodes.maxConnections=1860"]);
    const stuck = Array.from({ length: 10 }, (_, i): Look => {
      return { atMs: 15_000 * (i + 2), from: 8, said: [{ ratio: 1_860 / 1_700 }] };
    });
    const columns = { ...crowd(() => 8), "sessions.active": () => 8 * 1_860 };
    const words = only(
      { manifest: hpa([ACTIVE]), looks: stuck, pods: podLives(0, 8), durationMs: 240_000, columns },
      tight,
    );

    expect(words).toContain("The HPA never scales");
    expect(words).toContain("takes new rooms up to 1,674 booked");
    expect(words).toContain("at most 1.09 times its target of 1,700");
    expect(words).toContain("In 10 looks, over 2m 15s, it left 8 pods alone");
    expect(words).toContain("85,120 clients waited");
  });

  test("[FI2] demand that counts those outside doubles, and nothing is said", () => {
    const manifest = hpa(["External offered_websocket_connections 1700"]);
    const doubling = [8, 16, 32, 59].map((from, i, all): Look => {
      const to = all[i + 1] ?? from;
      return { atMs: 15_000 * (i + 2), from, to, said: [{ ratio: 7, proposal: 59 }] };
    });
    const columns = crowd(() => 8)!;
    expect(said({ manifest, looks: doubling, pods, durationMs: 90_000, columns })).toEqual([]);
  });

  test("[FI2] nodes that nobody waits for are not saturated", () => {
    const columns = { "connections.offered": () => 15_900, "sessions.active": () => 15_900 };
    expect(said({ manifest: hpa([ACTIVE]), looks, pods, durationMs: 300_000, columns })).toEqual(
      [],
    );
  });
});

describe("connections that do not move", () => {
  const look: Look = { atMs: 60_000, from: 8, to: 16, said: [{ ratio: 2, proposal: 16 }] };
  const pods = [
    ...podLives(0, 8),
    ...podLives(8, 16, { createdFor: "scale-up", createdAtMs: 60_000, readyAtMs: 80_000 }),
  ];
  const columns = (fresh: number): NonNullable<MadeUp["columns"]> => ({
    "connections.offered": (atMs) => (atMs < 50_000 ? 8 * 1_500 : 8 * (1_900 + fresh)),
    "sessions.active": () => 8 * (1_900 + fresh),
    ...Object.fromEntries(
      pods.map(({ node }) => [`node.load/n${node}`, () => (node < 8 ? 1_900 : fresh)]),
    ),
  });

  test("[FI3] the fullest pods stand beside the average", () => {
    const manifest = hpa([ACTIVE]);
    const words = only({
      manifest,
      looks: [look],
      pods,
      durationMs: 300_000,
      columns: columns(100),
    });

    expect(words).toContain("3m 40s after the 8 new pods of 8 → 16 were ready");
    expect(words).toContain("held 1,900 sessions (p95 1,900) and the HPA's average was 1,000");
    expect(words).toContain("nobody leaves here");
  });

  test("[FI3] people who leave make it decay", () => {
    const leaving = builtinScenario("join-storm-100k", ["clients.leaves.meanDuration=38m"]);
    const parts = { manifest: hpa([ACTIVE]), looks: [look], pods, columns: columns(100) };

    expect(only({ ...parts, durationMs: 300_000 }, leaving)).toContain("it halves in 26m 20s");
  });

  test("[FI3] new pods that filled are not mentioned", () => {
    const parts = { manifest: hpa([ACTIVE]), looks: [look], pods, columns: columns(1_700) };
    expect(said({ ...parts, durationMs: 300_000 })).toEqual([]);
  });
});

describe("the scale-down cliff", () => {
  const gone = { deletedAtMs: 400_100, deletedFor: "scale-down", sessionsAtDelete: 300 } as const;
  const look: Look = { atMs: 400_000, from: 59, to: 8, said: [{ ratio: 0.1, proposal: 8 }] };
  const columns = { "connections.offered": () => 17_700, "sessions.active": () => 17_700 };
  const pods = [...podLives(0, 8), ...podLives(8, 59, gone)];

  test("[FI4] says what one sync cut, and which policy would spread it", () => {
    const words = only({
      manifest: hpa([ACTIVE]),
      looks: [look],
      pods,
      durationMs: 500_000,
      columns,
    });

    expect(words).toContain("cut 15,300 sessions at once, 86.4 % of all");
    expect(words).toContain("one sync took 51 of 59 pods (without behavior");
    expect(words).toContain("after a window of 5m 00s");
    expect(words).toContain("{ type: Percent, value: 5, periodSeconds: 60 }");
  });

  test("[FI4] a pod a minute is no cliff", () => {
    const steps = [59, 58, 57].map((from, i): Look => {
      return { ...look, atMs: 400_000 + 60_000 * i, from, to: from - 1 };
    });
    expect(
      said({
        manifest: hpa([ACTIVE]),
        looks: steps,
        pods: podLives(0, 59),
        durationMs: 600_000,
        columns,
      }),
    ).toEqual([]);
  });
});

describe("a storm that outruns the loop", () => {
  const manifest = hpa(["External offered_websocket_connections 1700"]);
  const columns = (upMs: number): NonNullable<MadeUp["columns"]> => ({
    "connections.offered": (atMs) => Math.min(100_000, (100_000 * atMs) / upMs),
    "sessions.active": (atMs) => Math.min(16_000, (100_000 * atMs) / upMs),
  });
  const made = {
    createdFor: "scale-up",
    createdAtMs: 17_200,
    scheduledAtMs: 17_500,
    pulledAtMs: 29_500,
    servedAtMs: 31_000,
    readyAtMs: 33_000,
  } as const;
  const pods = [...podLives(0, 8), ...podLives(8, 16, made)];
  const looks: Look[] = [
    { atMs: 2_000, from: 8, said: [{ ratio: 0.5, proposal: 8 }] },
    { atMs: 17_000, from: 8, to: 16, said: [{ ratio: 4, proposal: 34 }], ageMs: 4_000 },
  ];

  test("[FI5] the lag is split by stage and the floor follows from it", () => {
    const words = only({ manifest, looks, pods, durationMs: 60_000, columns: columns(30_000) });

    expect(words).toContain("The arrivals of storm outran the loop: four fifths came within 24 s");
    expect(words).toContain("from the load step at 5 s to new pods that are ready it took 28 s");
    expect(words).toContain(
      "metric 4 s, sync 8.2 s, schedule 0.3 s, pull 12 s, start 1.5 s, readiness 2 s",
    );
    expect(words).toContain("100,000 clients had come; at 2,000 places a pod that takes 50 pods");
    expect(words).toContain("raise minReplicas to 50");
  });

  test("[FI5] a storm that is longer than the loop is not outrun by it", () => {
    const slow = builtinScenario("join-storm-100k", [
      "clients.arrivals.storm.over=10m",
      "run.duration=15m",
    ]);
    const parts = { manifest, looks, pods, durationMs: 60_000, columns: columns(30_000) };
    expect(said(parts, slow)).toEqual([]);
  });
});

describe("CPU", () => {
  const looks: Look[] = [
    {
      atMs: 60_000,
      from: 12,
      said: [
        { ratio: 1, proposal: 12 },
        { ratio: 0.2, proposal: 3, utilizationPercent: 13 },
      ],
    },
  ];
  const columns = (load: number): NonNullable<MadeUp["columns"]> => ({
    "connections.offered": () => 12 * load,
    "sessions.active": () => 12 * load,
    ...Object.fromEntries(podLives(0, 12).map(({ node }) => [`node.load/n${node}`, () => load])),
  });
  const parts = { manifest: hpa([ACTIVE, "cpu 65"]), looks, pods: podLives(0, 12) };

  test("[FI6] asks for few pods while nodes are full", () => {
    const words = only({ ...parts, durationMs: 90_000, columns: columns(1_700) });

    expect(words).toContain("1,700 sessions in the middle pod, 85.0 % of its limit");
    expect(words).toContain("CPU stood at 13 % of its request and asked for 3 pods");
    expect(words).toContain("the connections need 12");
  });

  test("[FI6] is right when nodes are empty", () => {
    expect(said({ ...parts, durationMs: 90_000, columns: columns(300) })).toEqual([]);
  });
});

describe("pods that are not ready when they are counted", () => {
  const columns = { "connections.offered": () => 15_000, "sessions.active": () => 15_000 };
  const unready: Look[] = [
    { atMs: 30_000, from: 16, said: [{ ratio: 1.5, proposal: 16, pods: [8, 6, 2] }] },
    { atMs: 45_000, from: 16, to: 18, said: [{ ratio: 1.5, proposal: 18, pods: [12, 4, 0] }] },
  ];
  const pods = podLives(0, 16, { createdFor: "scale-up", readyAtMs: 40_000 });

  test("[FI7] hold growth back, and the looks are counted", () => {
    const words = only({
      manifest: hpa([ACTIVE]),
      looks: unready,
      pods,
      durationMs: 60_000,
      columns,
    });

    expect(words).toContain("2 looks asked for less than the load");
    expect(words).toContain("1 of them did not grow at all, 15 s of waiting");
    expect(words).toContain("on 8 ready pods, with 6 not ready and 2 without a sample");
    expect(words).toContain("asked for 16 instead of 24");
    expect(words).toContain("(40 s in the middle here)");
  });

  test("[FI7] all ready, nothing is held back", () => {
    const looks = [{ atMs: 30_000, from: 8, to: 12, said: [{ ratio: 1.5, proposal: 12 }] }];
    expect(said({ manifest: hpa([ACTIVE]), looks, durationMs: 60_000, columns })).toEqual([]);
  });
});

describe("flapping", () => {
  const course = (counts: readonly number[]): Look[] =>
    counts.slice(1).map((to, i): Look => {
      return { atMs: 120_000 * (i + 1), from: counts[i]!, to, said: [{ ratio: 1, proposal: to }] };
    });
  const pods = podLives(0, 4, { deletedFor: "scale-down", deletedAtMs: 1, sessionsAtDelete: 250 });

  test("[FI8] reversals are counted, with their amplitude", () => {
    const looks = course([10, 14, 11, 15, 12]);
    const words = only({ manifest: hpa([ACTIVE]), looks, pods, durationMs: 900_000 });

    expect(words).toContain("3 reversals in 6m 00s (10, 14, 11, 15, 12)");
    expect(words).toContain("5 pods between 10 and 15");
    expect(words).toContain("1,000 sessions were cut");
    expect(words).toContain("stabilizationWindowSeconds of 360");
  });

  test("[FI8] up and later down is a day, not a flap", () => {
    const looks = course([8, 12, 16, 15, 14]);
    expect(said({ manifest: hpa([ACTIVE]), looks, pods, durationMs: 900_000 })).toEqual([]);
  });
});

describe("the dead band", () => {
  const looksAt = (ratio: number): Look[] =>
    Array.from({ length: 6 }, (_, i): Look => {
      return { atMs: 15_000 * (i + 1), from: 52, said: [{ ratio, proposal: 52 }] };
    });
  const columns = { "connections.offered": () => 95_000, "sessions.active": () => 95_000 };

  test("[FI9] is told in connections", () => {
    const parts = { manifest: hpa([ACTIVE]), pods: podLives(0, 52), durationMs: 120_000, columns };
    const words = only({ ...parts, looks: looksAt(1.08) });

    expect(words).toContain("tolerance of 10.0 % hides 8,840 connections at 52 pods");
    expect(words).toContain("in 6 looks");
    expect(words).toContain("by up to 7,072 connections, 5 pods");
  });

  test("[FI9] on the target nothing is hidden", () => {
    const parts = { manifest: hpa([ACTIVE]), pods: podLives(0, 52), durationMs: 120_000, columns };
    expect(said({ ...parts, looks: looksAt(1.01) })).toEqual([]);
  });
});

describe("a rollout with surge pods", () => {
  const manifest = hpa(["External offered_websocket_connections 1700"]);
  const columns = { "connections.offered": () => 13_000, "sessions.active": () => 13_000 };
  const look = (atMs: number, from: number, status: number): Look => {
    return { atMs, from, to: status, status, said: [{ ratio: 0.97, proposal: status }] };
  };

  test("[FI10] a count that follows the status is told", () => {
    const looks = [look(15_000, 8, 10), look(30_000, 10, 13)];
    const words = only({ manifest, looks, durationMs: 60_000, columns });

    expect(words).toContain("its 10 had the surge pods in it");
    expect(words).toContain("2 steps the count went 8, 10, 13");
  });

  test("[FI10] more people are another reason to grow", () => {
    const looks: Look[] = [
      { atMs: 15_000, from: 8, to: 10, status: 10, said: [{ ratio: 1.3, proposal: 10 }] },
    ];
    expect(said({ manifest, looks, durationMs: 60_000, columns })).toEqual([]);
  });
});

test("[FI1] without an HPA, or with one that does nothing wrong, no trap is told", () => {
  const quiet: RunResult = madeUpRun({ manifest: hpa([ACTIVE]), looks: [], durationMs: 10_000 });

  expect(traps(quiet, scenario)).toEqual([]);
  expect(traps({ ...quiet, autoscaling: undefined }, scenario)).toEqual([]);
});

test("[FI1] traps come before what else is to be said, after a broken invariant", () => {
  const manifest = hpa(["External offered_websocket_connections 1700"]);
  const look = { atMs: 15_000, from: 8, to: 10, status: 10, said: [{ ratio: 0.97, proposal: 10 }] };
  const run = madeUpRun({ manifest, looks: [look], pods: [podLife(0)], durationMs: 60_000 });
  const invariants = [{ name: "conservation", ok: false, detail: "one too many" }];
  const all = findings({ ...run, invariants }, scenario);

  expect(all[0]).toContain("Broken invariant");
  expect(all[1]).toContain("The rollout inflated the count");
  expect(all[2]).toContain("The busiest");
});
