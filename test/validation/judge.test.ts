// The judge itself, and that no target is forgotten.

import { expect, test } from "vitest";
import { GROUPS, LEFT_OUT, experimentFor } from "./experiments.ts";
import { judge } from "./judge.ts";
import { allTargets } from "./loop.ts";
import { type Measured, type Target, targetsOf } from "./target.ts";

interface Entry {
  readonly expected: object;
  readonly tolerance: object;
}

function target({ expected, tolerance }: Entry): Target {
  const entry = { id: "a.b", group: "g", kind: "k", source: "s", model: "m", expected, tolerance };
  return targetsOf({ entries: [entry] })[0];
}

function passes(entry: Entry, values: Measured["values"], more: Partial<Measured> = {}): boolean {
  const measured: Measured = { values, by: "computation", ...more };
  return judge(target(entry), measured).every(({ passed }) => passed);
}

test("every target of our groups is either measured or listed with its reason", () => {
  const ours = allTargets().filter(({ group }) => (GROUPS as readonly string[]).includes(group));
  const measured = ours.filter((one) => experimentFor(one) !== undefined);
  const leftOut = ours.filter(({ id }) => LEFT_OUT[id] !== undefined);
  console.log(`${measured.length} targets measured, ${leftOut.length} left out:`);
  for (const { id } of leftOut) console.log(`  ${id}: ${LEFT_OUT[id]}`);

  expect(measured.length + leftOut.length).toBe(ours.length);
  expect(Object.keys(LEFT_OUT).filter((id) => !ours.some((one) => one.id === id))).toEqual([]);
  expect(measured.length).toBeGreaterThan(80);
});

test("a value passes at the edge of its tolerance and fails beyond it", () => {
  const abs = { expected: { x: 10 }, tolerance: { type: "abs", value: 0.5 } };
  expect([9.4, 9.5, 10.5, 10.6, NaN].map((x) => passes(abs, { x }))).toEqual([
    false,
    true,
    true,
    false,
    false,
  ]);
  const rel = { expected: { x: -200 }, tolerance: { type: "rel", value: 0.1 } };
  expect([-221, -220, -180, -179].map((x) => passes(rel, { x }))).toEqual([
    false,
    true,
    true,
    false,
  ]);
  const band = { expected: { x: 3 }, tolerance: { type: "band", low: 2, high: 5 } };
  expect([1.9, 2, 5, 5.1].map((x) => passes(band, { x }))).toEqual([false, true, true, false]);
  const least = { expected: { x: 3 }, tolerance: { type: "lower_bound" } };
  expect([2.9, 3, 99].map((x) => passes(least, { x }))).toEqual([false, true, true]);
});

test("exact compares numbers, texts and lists; a hole in a list is not compared", () => {
  const exact = { expected: { n: 7, hex: "0x1f", list: [1, 2, 3] }, tolerance: { type: "exact" } };
  expect(passes(exact, { n: 7, hex: "0x1f", list: [1, 2, 3] })).toBe(true);
  expect(passes(exact, { n: 7, hex: "0x1f", list: [undefined, 2, 3] })).toBe(true);
  expect(passes(exact, { n: 7, hex: "0x1e", list: [1, 2, 3] })).toBe(false);
  expect(passes(exact, { n: 7, hex: "0x1f", list: [1, 2] })).toBe(false);
});

test("only a simulated value is allowed the wider tolerance", () => {
  const des = { type: "rel", value: 0.03 };
  const entry = { expected: { x: 100 }, tolerance: { type: "rel", value: 1e-9, des } };
  expect(passes(entry, { x: 102 }, { by: "simulation" })).toBe(true);
  expect(passes(entry, { x: 104 }, { by: "simulation" })).toBe(false);
  expect(passes(entry, { x: 102 }, { by: "computation" })).toBe(false);
});

test("means over runs are allowed 3.5 standard errors of both sides, proportions of one", () => {
  const z = { expected: { calls_mean: 50 }, tolerance: { type: "z", calls_sd_per_run: 4 } };
  const width = 3.5 * 4 * Math.sqrt(1 / 100 + 1 / 1_000);
  const runs = 100;
  expect(passes(z, { calls_mean: 50 + 0.99 * width }, { runs })).toBe(true);
  expect(passes(z, { calls_mean: 50 + 1.01 * width }, { runs })).toBe(false);
  const binomial = { expected: { p: 0.5 }, tolerance: { type: "binomial" } };
  expect(passes(binomial, { p: 0.517 }, { runs: 10_000 })).toBe(true);
  expect(passes(binomial, { p: 0.518 }, { runs: 10_000 })).toBe(false);
});

test("an ordering is about pairs; inequalities and booleans must hold; context binds nobody", () => {
  const order = { expected: { a: 3, b: 1, c: 1 }, tolerance: { type: "ordering" } };
  expect(passes(order, { a: 30, b: 20, c: 1 })).toBe(true);
  expect(passes(order, { a: 20, b: 30, c: 1 })).toBe(false);
  const holds = { expected: { ok: "x < y" }, tolerance: { type: "inequalities" } };
  expect([true, false].map((ok) => passes(holds, { ok }))).toEqual([true, false]);
  const boolean = { expected: { ok: false }, tolerance: { type: "boolean" } };
  expect([true, false].map((ok) => passes(boolean, { ok }))).toEqual([false, true]);
  expect(passes({ expected: { x: 1 }, tolerance: { type: "context" } }, { x: 5 })).toBe(true);
});

test("a target is not passed by measuring less, or something else", () => {
  const two = { expected: { x: 1, y: 2 }, tolerance: { type: "exact" } };
  expect(passes(two, { x: 1 })).toBe(false);
  expect(passes(two, { x: 1 }, { without: { y: "a reason" } })).toBe(true);
  expect(passes(two, { x: 1, y: 2, z: 3 })).toBe(false);
  expect(passes(two, {}, { without: { x: "a reason", y: "a reason" } })).toBe(false);
});

test("a file that is not in the format is refused with the entry's name", () => {
  const entry = { id: "a.b", group: "g", kind: "k", source: "s", model: "m", expected: {} };
  const read = (more: object): unknown => targetsOf({ entries: [{ ...entry, ...more }] });
  expect(() => read({})).toThrow("a.b: tolerance: a mapping is expected");
  expect(() => read({ tolerance: { type: "vague" } })).toThrow(
    "a.b: tolerance.type must be one of",
  );
  expect(() => read({ tolerance: { type: "rel" } })).toThrow("a.b: a tolerance of type rel");
  expect(() => targetsOf({})).toThrow("`entries` must be a list");
  const exact = { ...entry, tolerance: { type: "exact" } };
  expect(() => targetsOf({ entries: [exact, exact] })).toThrow("a.b: this id is there twice");
});
