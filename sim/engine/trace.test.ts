import { expect, test } from "vitest";
import { firstDifference, TraceRecorder, TraceRing } from "./trace.ts";
import type { EventObserver } from "./simulation.ts";
import { parseTrace, TraceWriter } from "./trace-text.ts";

/** `count` events, one every 10 µs; the one at `oddAt` goes to another entity. */
function play(observer: EventObserver, count: number, oddAt = -1): void {
  for (let i = 0; i < count; i++) observer.eventSeen(i, 10 * i, i % 3, i === oddAt ? -1 : i, 2 * i);
}

function recorded(count: number, oddAt = -1): TraceRecorder {
  const recorder = new TraceRecorder({ checkpointEvents: 16 });
  play(recorder, count, oddAt);
  return recorder;
}

test("[EV6] a ring keeps the last events, oldest first", () => {
  const ring = new TraceRing(4);
  expect(ring.last(9)).toEqual([]);
  play(ring, 2);
  expect(ring.last(9).map((event) => event.index)).toEqual([0, 1]);
  play(ring, 11);
  expect(ring.last(9).map((event) => event.index)).toEqual([7, 8, 9, 10]);
  expect(ring.last(1)).toEqual([{ index: 10, atUs: 100, kind: 1, a: 10, b: 20 }]);
});

test("[EV7] the first differing event is found wherever it is", () => {
  for (const oddAt of [0, 1, 15, 16, 17, 500, 991, 992, 998, 999]) {
    const difference = firstDifference(recorded(1_000), recorded(1_000, oddAt));
    expect(difference?.index).toBe(oddAt);
    expect(difference?.inA?.a).toBe(oddAt);
    expect(difference?.inB?.a).toBe(-1);
  }
  expect(firstDifference(recorded(1_000), recorded(1_000))).toBe(undefined);
  expect(firstDifference(recorded(0), recorded(0))).toBe(undefined);
});

test("[EV7] a run that ends sooner differs where it ends", () => {
  for (const count of [0, 15, 16, 17, 63]) {
    const difference = firstDifference(recorded(count), recorded(64));
    expect([difference?.index, difference?.inA, difference?.inB?.a]).toEqual([
      count,
      undefined,
      count,
    ]);
  }
});

test("[EV7] a difference names time, kind and entity", () => {
  const names = {
    kindName: (kind: number) => ["dial", "deliver to", "close"][kind],
    entityName: ({ a }: { a: number }) => `client ${a}`,
  };
  expect(firstDifference(recorded(400), recorded(400, 301), names)?.text).toBe(
    "event 301: t = 3.01 ms, deliver to client 301 in one run, t = 3.01 ms, deliver to client -1 in the other",
  );
});

test("[EV7] checkpoints alone say which window to record in a second run", () => {
  const bare = (oddAt: number): TraceRecorder => {
    const recorder = new TraceRecorder({ checkpointEvents: 16, from: 0, to: 0 });
    play(recorder, 1_000, oddAt);
    return recorder;
  };
  const found = firstDifference(bare(-1), bare(777));
  expect([found?.index, found?.inA]).toEqual([768, undefined]);

  const window = (oddAt: number): TraceRecorder => {
    const recorder = new TraceRecorder({ checkpointEvents: 16, from: 768, to: 784 });
    play(recorder, 1_000, oddAt);
    return recorder;
  };
  expect(firstDifference(window(-1), window(777))?.index).toBe(777);
});

test("[EV6] a trace survives as text, in pieces of whole lines", () => {
  const pieces: string[] = [];
  const writer = new TraceWriter((text) => pieces.push(text), 16);
  play(writer, 3_000, 1_234);
  writer.end();
  expect(pieces.length).toBeGreaterThan(2);
  for (const piece of pieces) expect(piece.endsWith("\n")).toBe(true);
  expect(pieces[0].split("\n").slice(0, 3)).toEqual(["trace 1 16", "0 0 0 0", "10 1 1 2"]);

  const trace = parseTrace(pieces.join(""));
  expect(trace.eventCount).toBe(3_000);
  expect(trace.events(1_233, 1_235).map((event) => event.a)).toEqual([1_233, -1]);
  expect(firstDifference(trace, recorded(3_000))?.index).toBe(1_234);
  expect(firstDifference(trace, recorded(3_000, 1_234))).toBe(undefined);
});

test("[EV6] a damaged trace is refused with the line; a cut one is a shorter run", () => {
  const pieces: string[] = [];
  const writer = new TraceWriter((text) => pieces.push(text), 4);
  play(writer, 10);
  writer.end();
  const text = pieces.join("");
  expect(() => parseTrace(text.replace("10 2 2 4", "10 2 2 5"))).toThrow(
    "line 6: the events above",
  );
  expect(() => parseTrace(text.replace("10 2 2 4", "10 2 two 4"))).toThrow(
    "line 4: expected an event",
  );
  expect(() => parseTrace("")).toThrow("line 1");
  expect(parseTrace(text.slice(0, text.indexOf("10 1 7"))).eventCount).toBe(7);
});
