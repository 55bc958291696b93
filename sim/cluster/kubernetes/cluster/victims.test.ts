import { expect, test } from "vitest";
import type { Machine } from "./machines.ts";
import { Pod, type Stage } from "./pod.ts";
import { ageRank, victimsFirst } from "./victims.ts";

const S = 1_000;
const NOW_MS = 10_000 * S;

const machine = (number: number): Machine => ({
  number,
  zone: 0,
  cameAtMs: 0,
  podCount: 0,
  isCordoned: false,
  isLost: false,
  images: new Set(),
  pulls: [],
});
const machines = Array.from({ length: 9 }, (_, number) => machine(number));

interface Looks {
  readonly on?: number;
  readonly stage?: Stage;
  readonly readyForMs?: number;
  readonly ageMs?: number;
  readonly restarts?: number;
  readonly uid?: number;
}

/** By name; on a machine of its own unless said, ready for an hour unless said. */
function pods(looks: Readonly<Record<string, Looks>>): readonly Pod[] {
  return Object.entries(looks).map(([name, look], number) => {
    const { stage = "serving", readyForMs = stage === "serving" ? 3_600 * S : undefined } = look;
    const pod = new Pod({
      number,
      name,
      slot: number,
      revision: 0,
      uid: look.uid ?? 100 - number,
      createdAtMs: NOW_MS - (look.ageMs ?? 3_600 * S),
      createdFor: "beginning",
    });
    pod.stage = stage;
    pod.restartCount = look.restarts ?? 0;
    if (stage !== "waiting") pod.machine = machines[look.on ?? number];
    if (readyForMs !== undefined) pod.setReady(true, NOW_MS - readyForMs);
    return pod;
  });
}

const order = (all: readonly Pod[]) => victimsFirst(all, all, NOW_MS).map(({ name }) => name);

test("[KC3] unassigned go before assigned, pending before unknown before running, unready before ready", () => {
  const all = pods({
    ready: {},
    starting: { stage: "starting" },
    lost: { stage: "lost" },
    pulling: { stage: "pulling" },
    waiting: { stage: "waiting" },
  });
  expect(order(all)).toEqual(["waiting", "pulling", "lost", "starting", "ready"]);
});

test("[KC3] of ready pods those on the fuller machine go first, though they are older", () => {
  const all = pods({
    alone: { on: 0, readyForMs: 10 * S },
    two: { on: 1, uid: 2 },
    three: { on: 2, uid: 3 },
    alsoTwo: { on: 1, uid: 1 },
    alsoThree: { on: 2, uid: 5 },
    andThree: { on: 2, uid: 4 },
  });
  const related = all;
  expect(victimsFirst(all, related, NOW_MS).map(({ name }) => name)).toEqual([
    "three",
    "andThree",
    "alsoThree",
    "alsoTwo",
    "two",
    "alone",
  ]);
});

test("[KC3] pods of other revisions make a machine full, too", () => {
  const all = pods({ a: { on: 0, uid: 1 }, b: { on: 1, uid: 2 }, other: { on: 1 } });
  const own = all.slice(0, 2);
  expect(victimsFirst(own, all, NOW_MS).map(({ name }) => name)).toEqual(["b", "a"]);
  expect(victimsFirst(own, own, NOW_MS).map(({ name }) => name)).toEqual(["a", "b"]);
});

test("[KC3] who is ready for a shorter time goes first, by powers of two: within one chance decides", () => {
  const all = pods({
    hours: { readyForMs: 9_000 * S },
    minute: { readyForMs: 60 * S },
    // 2^36 ns are 68.7 s, 2^37 ns are 137.4 s: these three are of one age.
    ninety: { readyForMs: 90 * S, uid: 3 },
    seventy: { readyForMs: 70 * S, uid: 9 },
    hundredThirty: { readyForMs: 130 * S, uid: 1 },
    second: { readyForMs: 1 * S },
  });
  expect(order(all)).toEqual(["second", "minute", "hundredThirty", "ninety", "seventy", "hours"]);
});

test("[KC3] of unready pods those that restarted more go first, then the younger", () => {
  const all = pods({
    old: { stage: "starting", ageMs: 600 * S },
    young: { stage: "starting", ageMs: 10 * S },
    crashing: { stage: "backing-off", ageMs: 3_000 * S, restarts: 2 },
  });
  expect(order(all)).toEqual(["crashing", "young", "old"]);
});

test.each([
  { ageMs: -5, rank: -1 },
  { ageMs: 0, rank: -1 },
  { ageMs: 0.000001, rank: 0 },
  { ageMs: 1_000, rank: 29 },
  { ageMs: 1_073.741823, rank: 29 },
  { ageMs: 1_073.741824, rank: 30 },
  { ageMs: 3_600_000, rank: 41 },
])("[KC3] an age of $ageMs ms counts as 2^$rank ns", ({ ageMs, rank }) => {
  expect(ageRank(ageMs)).toBe(rank);
});
