import seedrandom from "seedrandom";
import { expect, test } from "vitest";
import { entityWords, purposeWords } from "./random-key.ts";
import { randomStream, StreamColumn } from "./random.ts";
import type { RandomStream } from "./random.ts";

function draws(stream: RandomStream, count: number): number[] {
  return Array.from({ length: count }, () => stream.nextUint32());
}

/** Pearson's statistic over `bins` equally likely bins, as its distance from the mean in deviations. */
function chiSquareDeviations(values: Iterable<number>, bins: number): number {
  const counts = new Array<number>(bins).fill(0);
  let total = 0;
  for (const value of values) {
    counts[Math.floor(value * bins)]++;
    total++;
  }
  const expected = total / bins;
  const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  return (statistic - (bins - 1)) / Math.sqrt(2 * (bins - 1));
}

function correlation(x: readonly number[], y: readonly number[]): number {
  const mean = (v: readonly number[]): number => v.reduce((sum, n) => sum + n, 0) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    xy += (x[i] - mx) * (y[i] - my);
    xx += (x[i] - mx) ** 2;
    yy += (y[i] - my) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}

test("[EV8] a stream's first draws are pinned: same seed, same luck, on every machine", () => {
  const hex = (stream: RandomStream): string[] => draws(stream, 3).map((n) => n.toString(16));
  expect(hex(randomStream(1, "latency"))).toEqual(["f5c1885", "affa827e", "d12703d2"]);
  expect(hex(randomStream(1, "latency", 0))).toEqual(["6f3961f5", "be6ddc5e", "780a4f7d"]);
  expect(hex(randomStream(1, "latency", "client-7"))).toEqual(["6d87e7d", "c8c41797", "9987a57e"]);
  expect(hex(randomStream(9_007_199_254_740_991, "", 4_294_967_295))).toEqual([
    "864012f3",
    "8c806bba",
    "9c39108",
  ]);
});

test("[EV8] a column gives its entities the draws of their streams, which are seedrandom's", () => {
  const column = new StreamColumn(42, "loss", 10);
  for (const entity of [3, 0, 999, 10, 70_000]) {
    const [x, y, z, w] = entityWords(purposeWords(42, "loss"), entity);
    const reference = seedrandom.xor128("", { state: { x, y, z, w } });
    const expected = Array.from({ length: 50 }, () => reference());
    const stream = randomStream(42, "loss", entity);
    expect(Array.from({ length: 50 }, () => stream.nextUnit())).toEqual(expected);
    expect(Array.from({ length: 50 }, () => column.nextUnit(entity))).toEqual(expected);
  }
});

test("[EV8] an entity's draws do not depend on what the others draw", () => {
  const alone = new StreamColumn(5, "talk", 4);
  const crowded = new StreamColumn(5, "talk", 4);
  for (let i = 0; i < 100; i++) {
    crowded.nextUint32(1);
    if (i % 3 === 0) crowded.of(2).nextUnit();
    expect(crowded.of(0).nextUint32()).toBe(alone.nextUint32(0));
  }
});

test("[EV8] seed, purpose and entity each make another stream", () => {
  const first = [
    randomStream(1, "a"),
    randomStream(2, "a"),
    randomStream(1 + 0x1_0000_0000, "a"),
    randomStream(-1, "a"),
    randomStream(1, "b"),
    randomStream(1, "aa"),
    randomStream(1, ""),
    randomStream(1, "a", 0),
    randomStream(1, "a", 1),
    randomStream(1, "a", 0x8000_0000),
    randomStream(1, "a", ""),
    randomStream(1, "a", "0"),
    randomStream(1, "a", "a"),
  ].map((stream) => draws(stream, 2).join());
  expect(new Set(first).size).toBe(first.length);
});

test("[EV8] no two of a hundred thousand entities share even one word of their states", () => {
  const prefix = purposeWords(7, "dial");
  const words = [0, 1, 2, 3].map(() => new Set<number>());
  for (let entity = 0; entity < 100_000; entity++) {
    entityWords(prefix, entity).forEach((word, i) => words[i].add(word));
  }
  expect(words.map((set) => set.size)).toEqual([100_000, 100_000, 100_000, 100_000]);
});

test("[EV8] draws are uniform along a stream and across entities, purposes and seeds", () => {
  const column = new StreamColumn(1, "arrival", 100_000);
  const stream = randomStream(1, "arrival");
  const range = Array.from({ length: 100_000 }, (_, i) => i);
  const views = {
    "along a stream": range.map(() => stream.nextUnit()),
    "first draws of entities": range.map((entity) => column.nextUnit(entity)),
    "second draws of entities": range.map((entity) => column.nextUnit(entity)),
    "first draws of seeds": range
      .slice(0, 20_000)
      .map((seed) => randomStream(seed, "x").nextUnit()),
    "first draws of names": range
      .slice(0, 20_000)
      .map((i) => randomStream(1, "x", `client-${i}`).nextUnit()),
  };
  for (const values of Object.values(views)) {
    expect(Math.abs(chiSquareDeviations(values, 1_000))).toBeLessThan(4);
    expect(Math.abs(correlation(values.slice(1), values.slice(0, -1)))).toBeLessThan(
      4 / Math.sqrt(values.length),
    );
  }
  const entities = views["first draws of entities"];
  expect(Math.abs(correlation(entities, views["second draws of entities"]))).toBeLessThan(0.0127);
  expect(Math.abs(correlation(entities, views["along a stream"]))).toBeLessThan(0.0127);
});

test("[EV8] streams of neighbouring entities and purposes are unrelated", () => {
  const streams = [
    randomStream(1, "latency", 1),
    randomStream(1, "latency", 2),
    randomStream(1, "latency", 3),
    randomStream(1, "latenc", 1),
    randomStream(2, "latency", 1),
    randomStream(1, "latency", "1"),
  ].map((stream) => Array.from({ length: 20_000 }, () => stream.nextUnit()));
  for (let i = 0; i < streams.length; i++) {
    for (let j = 0; j < i; j++) {
      expect(Math.abs(correlation(streams[i], streams[j]))).toBeLessThan(4 / Math.sqrt(20_000));
    }
  }
  // Four streams that cancel out when a linear generator is seeded with plain names.
  const names = ["10", "11", "20", "21"];
  const plain = names.map((name) => seedrandom.xor128(name).int32());
  expect(plain.reduce((xor, draw) => xor ^ draw)).toBe(0);
  const ours = names.map((name) => randomStream(1, "x", name).nextUint32());
  expect(ours.reduce((xor, draw) => xor ^ draw)).not.toBe(0);
});
