import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { edgePolicy, nodePolicy } from "../../core/fixtures.ts";
import type { EdgeGateway } from "../../core/edge/edge-gateway.ts";
import { RecordingEdgeOutbox } from "../../core/edge/recording-outbox.ts";
import { RecordingNodeOutbox } from "../../core/node/recording-outbox.ts";
import { recordingLog } from "../operations/log.ts";
import { LifeReader } from "./fact-reader.ts";
import { freshDirectory, type Happening, recorderIn, recordedRun } from "./recorded-loopback.ts";
import { replay } from "./replay.ts";
import { livesIn } from "./segments.ts";

const HAPPENINGS: readonly Happening[] = [
  [3, 1],
  [0, 2],
  [6, 2],
  [7, 3],
  [0, 3],
  [4, 4],
];

test("[RP6] a file that ends anywhere is read up to its last whole fact", async () => {
  const { directory } = await recordedRun(HAPPENINGS);
  const life = livesIn(directory)[0]!;
  const { path } = life.segments[0]!;
  const whole = readFileSync(path);
  const facts = [...new LifeReader(life).facts()];
  const wholeAt: number[] = []; // Where nothing was torn.
  const end = Math.min(whole.length, 2_500);
  let seen = 0;
  for (let length = 1; length <= end; length++) {
    const reader = new LifeReader(life, () => whole.subarray(0, length));
    const read = reader.header === undefined ? [] : [...reader.facts()];
    if (reader.tornBytes === 0) wholeAt.push(length);
    expect(reader.tornBytes).toBe(length - (wholeAt.at(-1) ?? 0));
    // One more with every frame that is whole; the first frame is the header.
    expect(read.length).toBe(Math.max(0, wholeAt.length - 1));
    if (read.length > seen) expect(read.at(-1)).toEqual(facts[read.length - 1]);
    seen = read.length;
  }
  expect(seen).toBeGreaterThan(5);
  // Zeros that nobody wrote, as after a loss of power.
  const zeros = Buffer.concat([whole.subarray(0, 2_500), Buffer.alloc(500)]);
  const reader = new LifeReader(life, () => zeros);
  expect([...reader.facts()].length).toBe(seen);
  expect(reader.tornBytes).toBeGreaterThanOrEqual(500);
});

test("[RP7] a changed byte in the middle is refused with file and offset", async () => {
  const { directory } = await recordedRun(HAPPENINGS);
  const { path } = livesIn(directory)[0]!.segments[0]!;
  const whole = readFileSync(path);
  let found = 0;
  for (let at = 0; at < whole.length - 400; at += 211) {
    const changed = Buffer.from(whole);
    changed[at]! ^= 0x10;
    writeFileSync(path, changed);
    const [life] = replay(directory, { untilMs: 4_000 });
    if (life!.damage === undefined) continue; // Behind what was asked for.
    found++;
    expect(life!.damage).toContain(path);
    expect(life!.damage).toMatch(/at byte \d+$/);
    expect(Number(/at byte (\d+)$/.exec(life!.damage!)![1])).toBeLessThanOrEqual(at);
  }
  expect(found).toBeGreaterThan(10);
  writeFileSync(path, whole);
  expect(replay(directory)[0]!.damage).toBeUndefined();
});

test("[RP8] segments are closed by size, compressed, and read on; one that is missing is missed", async () => {
  const many = [...HAPPENINGS, ...HAPPENINGS, ...HAPPENINGS, ...HAPPENINGS];
  const options = { segmentBytesMax: 4_000, flushEveryMs: 0 };
  // Facts are written in batches of 64 KiB: only much talk fills several segments.
  const talk = Array.from({ length: 1_500 }, (_, i): Happening => (i % 50 === 0 ? [0, 2] : [3, i]));
  const { directory, facts } = await recordedRun([...many, ...talk], [5], options);
  const names = readdirSync(directory);
  expect(names.some((name) => name.endsWith(".00001.facts.gz"))).toBe(true);
  expect(names.some((name) => name.endsWith(".draft"))).toBe(false);
  const lives = replay(directory);
  expect(lives.reduce((sum, life) => sum + life.facts, 0)).toBe(facts);
  expect(lives.map((life) => life.difference ?? life.damage).filter(Boolean)).toEqual([]);
  expect(Math.max(...lives.map(({ segments }) => segments))).toBeGreaterThan(2);
  const gone = names.find((name) => name.endsWith(".00001.facts.gz"))!;
  const content = readFileSync(join(directory, gone));
  rmSync(join(directory, gone));
  expect(
    replay(directory)
      .map(({ damage }) => damage ?? "")
      .join(),
  ).toMatch(/segment is missing/);
  writeFileSync(join(directory, gone), content.subarray(0, content.length - 9));
  expect(
    replay(directory)
      .map(({ damage }) => damage ?? "")
      .join(),
  ).toMatch(/uncompressed/);
});

/** Tells an edge of many sockets. */
function knockOften(edge: EdgeGateway, times: number): void {
  for (let i = 0; i < times; i++) edge.knocked(`192.0.2.${i % 256}`, i);
}

test("[RP9] a full space or a failing disk ends the recording aloud, and core goes on", () => {
  const directory = freshDirectory();
  const log = recordingLog();
  const small = recorderIn(directory, { log, totalBytesMax: 1_000 });
  const edge = small.makeEdge(edgePolicy(), new RecordingEdgeOutbox());
  knockOften(edge, 10_000);
  expect(small.isWhole).toBe(false);
  expect(log.lines).toMatchObject([{ level: "error", fields: { machine: "edge e0" } }]);
  const { bytes } = small;
  expect(edge.opened(1)).toBeGreaterThanOrEqual(0);
  knockOften(edge, 10_000);
  expect(small.bytes).toBe(bytes);

  // A directory that is gone when a life begins.
  const gone = recorderIn(join(directory, "gone"), { log });
  rmSync(join(directory, "gone"), { recursive: true });
  const node = gone.makeNode(nodePolicy(), new RecordingNodeOutbox());
  node.deadlinePassed(1);
  expect(gone.isWhole).toBe(false);
  expect(existsSync(join(directory, "gone"))).toBe(false);
  expect(log.lines.filter(({ level }) => level === "error").length).toBe(2);
});

test("[RP9] a directory that cannot be made is said at once", () => {
  const directory = freshDirectory();
  writeFileSync(join(directory, "file"), "");
  expect(() => recorderIn(join(directory, "file", "facts"))).toThrow();
  mkdirSync(join(directory, "facts"));
  expect(() => recorderIn(join(directory, "facts"))).not.toThrow();
});
