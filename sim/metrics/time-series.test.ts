import { expect, test } from "vitest";
import { SeriesTable } from "./time-series.ts";

test("[MT4] counters add up per interval, whatever the order", () => {
  const table = new SeriesTable(1_000_000);
  const joins = table.counter("joins");
  joins.add(0);
  joins.add(999_999, 2);
  joins.add(3_000_000, 5);
  joins.add(1_000_000);
  joins.add(250_000_000, 7);
  joins.add(3_999_999, -1);
  expect(table.toSeries(5_000_000)).toEqual({
    resolutionMs: 1_000,
    columns: { joins: [3, 1, 0, 4, 0] },
  });
  expect(joins.total).toBe(15);
  expect(table.toSeries(251_000_000).columns["joins"][250]).toBe(7);
});

test("[MT4] a gauge keeps its last sample until the next, and is 0 before the first", () => {
  const table = new SeriesTable(500);
  const depth = table.gauge("depth");
  depth.sample(500, 4);
  depth.sample(999, 6);
  depth.sample(2_000, 0);
  depth.sample(100_000, 8);
  expect(table.toSeries(3_000).columns["depth"]).toEqual([0, 6, 6, 6, 0, 0]);
  expect(table.toSeries(100_001).columns["depth"].slice(-2)).toEqual([0, 8]);
});

test("[MT4] columns come in the order of their names and have equally many rows", () => {
  const table = new SeriesTable(100);
  table.gauge("b").sample(0, 1);
  table.counter("a/z").add(250);
  table.counter("a").add(50);
  table.counter("B");
  const { columns } = table.toSeries(301);
  expect(Object.keys(columns)).toEqual(["B", "a", "a/z", "b"]);
  expect(Object.values(columns).map((rows) => rows.length)).toEqual([4, 4, 4, 4]);
  expect(table.counter("a")).toBe(table.counter("a"));
});

test("[MT4] what is no time or no value is refused", () => {
  const table = new SeriesTable(100);
  expect(() => table.counter("a").add(-1)).toThrow("within the table's rows");
  expect(() => table.counter("a").add(NaN)).toThrow("within the table's rows");
  expect(() => table.gauge("b").sample(0, NaN)).toThrow("finite");
  expect(() => table.gauge("b").sample(0, Infinity)).toThrow("finite");
  expect(() => table.gauge("a")).toThrow("not both");
  expect(() => new SeriesTable(0.5)).toThrow("whole microseconds");
});
