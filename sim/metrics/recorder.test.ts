import { expect, test } from "vitest";
import { Recorder } from "./recorder.ts";

const windows = {
  run: { fromMs: 0, toMs: 10_000 },
  storm: { fromMs: 2_000, toMs: 4_000 },
  late: { fromMs: 4_000, toMs: 10_000 },
};

test("[WD11] a wait belongs to the window in which it began, however long it lasted", () => {
  const recorder = new Recorder(windows, 1_000);
  const waits = recorder.waits("join.latency");
  waits.record(5_000_000, 3_900_000); // Begins in the storm, ends long after it.
  waits.record(1_000, 4_000_000); // The end of a window is not in it.
  const { "join.latency@storm": storm, "join.latency@late": late } = recorder.histograms();
  expect(storm).toMatchObject({ count: 1, max: 5_000 });
  expect(late).toMatchObject({ count: 1, max: 1 });
  expect(recorder.histograms()["join.latency@run"]).toMatchObject({ count: 2, sum: 5_001 });
});

test("[WD11] a tally counts by beginnings and is charted when it happens", () => {
  const recorder = new Recorder(windows, 1_000);
  const joined = recorder.tally("join.succeeded");
  joined.add(2_500_000, 6_200_000);
  joined.add(2_600_000, 2_700_000);
  joined.add(9_000_000, 9_100_000);
  const values = recorder.values();
  expect(values.get("join.succeeded@storm")).toBe(2);
  expect(values.get("join.succeeded@late")).toBe(1);
  expect(values.get("join.succeeded@run")).toBe(3);
  const { columns } = recorder.series(10_000_000);
  expect(columns["join.succeeded"]).toEqual([0, 0, 1, 0, 0, 0, 1, 0, 0, 1]);
});

test("[WD11] what machines count is the difference between a window's ends", () => {
  const recorder = new Recorder(windows, 1_000);
  for (let s = 1; s <= 10; s++) recorder.reading("bus.messages", s * 1_000_000, s * 10);
  const values = recorder.values();
  expect(values.get("bus.messages@storm")).toBe(20);
  expect(values.get("bus.messages@late")).toBe(60);
  expect(values.get("bus.messages@run")).toBe(100);
});

test("[WD11] a gauge has the last and the largest sample of a window", () => {
  const recorder = new Recorder(windows, 1_000);
  [5, 9, 1, 7, 3].forEach((depth, s) => {
    recorder.gauge("fanout.queue.depth", (s + 1) * 1_000_000, depth);
  });
  const values = recorder.values();
  expect(values.get("fanout.queue.depth@storm")).toBe(7); // Samples at 3 s and 4 s.
  expect(values.get("fanout.queue.depth.max@storm")).toBe(7);
  expect(values.get("fanout.queue.depth@late")).toBe(3);
  expect(values.get("fanout.queue.depth.max@run")).toBe(9);
});
