import fc from "fast-check";
import { expect, test } from "vitest";
import { Kind, Message } from "../protocol/message.ts";
import { OUTBOUND_LIMITS, OutboundQueue } from "./outbound-queue.ts";

const SOFT = 64 * 1024;
const HARD = 512 * 1024;

function message(kind: Kind, bytes: number, from = "p_a", key = "", id = 0): Message {
  return new Message(kind, id, from, "", 0, bytes, key, undefined);
}

function queue(nowMs = 0): OutboundQueue {
  return new OutboundQueue(OUTBOUND_LIMITS, nowMs);
}

function flushed(outbound: OutboundQueue, nowMs: number): string[] {
  const sent: string[] = [];
  outbound.flush(nowMs, (m, s) => sent.push(s > 0 ? `#${s}` : `${m.from}/${m.key}/${m.id}`));
  return sent;
}

test("[TB10] control is written at once, in front of all that waits", () => {
  const outbound = queue();
  outbound.buffered(SOFT, 0);

  expect(outbound.offer(message(Kind.offer, 500), 1, 0)).toBe("queued");
  expect(outbound.offer(message(Kind.pong, 50), 0, 0)).toBe("write");
  expect(outbound.backlogBytes).toBe(SOFT + 550);
});

test("[TB10] critical messages wait in order and leave when the socket has room", () => {
  const outbound = queue();
  outbound.buffered(SOFT - 100, 0);
  expect(outbound.offer(message(Kind.candidate, 100), 1, 0)).toBe("write");
  expect(outbound.offer(message(Kind.offer, 3_000), 2, 0)).toBe("queued");
  expect(outbound.offer(message(Kind.participantLeft, 10), 3, 0)).toBe("queued");
  expect(flushed(outbound, 5)).toEqual([]);

  outbound.buffered(1_000, 5);
  expect(outbound.nextDeadlineMs()).toBe(5);
  expect(flushed(outbound, 5)).toEqual(["#2", "#3"]);
  expect(outbound.backlogBytes).toBe(4_010);
});

test("[TB11] coalescable messages keep their place and take the last value", () => {
  const outbound = queue();
  outbound.buffered(10, 0);
  expect(outbound.offer(message(Kind.state, 100, "p_b", "mute", 1), 0, 1)).toBe("queued");
  expect(outbound.offer(message(Kind.state, 100, "p_a", "mute", 2), 0, 2)).toBe("queued");
  expect(outbound.offer(message(Kind.state, 100, "p_b", "hand", 3), 0, 3)).toBe("queued");
  expect(outbound.offer(message(Kind.participantUpdated, 9, "p_b", "mute", 4), 0, 3)).toBe(
    "queued",
  );
  expect(outbound.offer(message(Kind.state, 300, "p_b", "mute", 5), 0, 4)).toBe("merged");

  expect(outbound.backlogBytes).toBe(519);
  expect(outbound.nextDeadlineMs()).toBe(50);
  expect(flushed(outbound, 49)).toEqual([]);
  expect(flushed(outbound, 50)).toEqual(["p_b/mute/5", "p_a/mute/2", "p_b/hand/3", "p_b/mute/4"]);
  expect(outbound.mergedByClass).toEqual([0, 0, 1, 0]);
});

test("[TB11] updates that name neither sender nor key never merge", () => {
  const outbound = queue();
  outbound.buffered(10, 0);
  outbound.offer(message(Kind.participantUpdated, 9, "", "", 1), 0, 0);

  expect(outbound.offer(message(Kind.participantUpdated, 9, "", "", 2), 0, 0)).toBe("queued");
  expect(flushed(outbound, 50)).toHaveLength(2);
});

test("[TB11] coalesce.lvw: Poisson updates leave at (1 - e^(-λD))/D per second", () => {
  const rows = [
    { perSec: 20, slotMs: 100, outPerSec: 8.646647 },
    { perSec: 5, slotMs: 400, outPerSec: 2.161662 },
  ];
  for (const { perSec, slotMs, outPerSec } of rows) {
    const flushEveryMs = [slotMs, slotMs, slotMs] as const;
    const outbound = new OutboundQueue({ ...OUTBOUND_LIMITS, flushEveryMs }, 0);
    let x = 12_345;
    let nowMs = 0;
    let out = 0;
    for (let update = 0; update < 200_000; update += 1) {
      x = (Math.imul(x, 1_664_525) + 1_013_904_223) >>> 0;
      nowMs -= (Math.log(1 - x / 0x1_0000_0000) * 1_000) / perSec;
      if (outbound.nextDeadlineMs() <= nowMs) {
        outbound.flush(outbound.nextDeadlineMs(), () => (out += 1));
        outbound.buffered(0, nowMs);
      }
      outbound.offer(message(Kind.state, 80, "p_a", "mute"), 0, nowMs);
    }
    expect(Math.abs(out / (nowMs / 1_000) / outPerSec - 1)).toBeLessThan(0.01);
  }
});

test("[TB12] droppable waits behind a small backlog and goes first at soft, oldest first", () => {
  const outbound = queue();
  expect(outbound.offer(message(Kind.speaking, 100, "p_0"), 0, 0)).toBe("write");
  expect(outbound.offer(message(Kind.speaking, 100, "p_1"), 0, 0)).toBe("queued");
  expect(outbound.offer(message(Kind.cursor, 100, "p_2"), 0, 0)).toBe("queued");
  outbound.buffered(SOFT - 150, 1);

  expect(outbound.level).toBe(0);
  expect(outbound.droppedByClass).toEqual([0, 0, 0, 1]);
  expect(flushed(outbound, 50)).toEqual(["p_2//0"]);
});

test("[TB12] level 1 drops droppable, flushes every 250 ms and merges speakers", () => {
  const outbound = queue();
  outbound.buffered(SOFT + 1, 0);
  expect(outbound.level).toBe(1);
  expect(outbound.offer(message(Kind.quality, 10), 0, 10)).toBe("dropped");
  expect(outbound.offer(message(Kind.speakers, 10, "", "", 1), 0, 10)).toBe("queued");
  expect(outbound.offer(message(Kind.speakers, 10, "", "", 2), 0, 10)).toBe("merged");
  expect(outbound.offer(message(Kind.state, 10, "p_a", "mute"), 0, 10)).toBe("queued");
  expect(flushed(outbound, 250)).toEqual([]);
  outbound.buffered(1_000, 260);

  expect(outbound.nextDeadlineMs()).toBe(500);
  expect(flushed(outbound, 499)).toEqual([]);
  expect(flushed(outbound, 500)).toEqual(["//2", "p_a/mute/0"]);
});

test("[TB12] level 2 switches speakers off and flushes every second", () => {
  const outbound = queue();
  outbound.buffered(SOFT + 1, 0);
  outbound.offer(message(Kind.speakers, 10, "", "", 1), 0, 10);
  outbound.offer(message(Kind.state, 10, "p_a", "mute"), 0, 10);
  outbound.buffered(HARD / 2 + 1, 20);

  expect(outbound.level).toBe(2);
  expect(outbound.droppedByClass).toEqual([0, 0, 0, 1]);
  expect(outbound.offer(message(Kind.speakers, 10, "", "", 2), 0, 30)).toBe("dropped");
  outbound.buffered(0, 40);
  expect(outbound.nextDeadlineMs()).toBe(1_000);
  expect(flushed(outbound, 1_000)).toEqual(["p_a/mute/0"]);
});

test("[TB13] over hard for five seconds closes, and not a millisecond before", () => {
  const outbound = queue();
  outbound.buffered(HARD + 1, 100);
  outbound.buffered(HARD, 4_000); // Once not over: the clock starts again.
  outbound.buffered(HARD + 1, 5_000);

  expect(outbound.offer(message(Kind.offer, 10), 1, 9_999)).toBe("queued");
  expect(outbound.nextDeadlineMs()).toBe(10_000);
  expect(outbound.offer(message(Kind.offer, 10), 2, 10_000)).toBe("close");
  expect(outbound.level).toBe(3);
  expect(outbound.offer(message(Kind.pong, 10), 0, 10_001)).toBe("close");
});

test("[TB13] a backlog over the ceiling closes at once", () => {
  const outbound = queue();
  outbound.buffered(8 * HARD, 0);
  expect(outbound.level).toBe(2);

  expect(outbound.offer(message(Kind.offer, 1), 1, 1)).toBe("close");
});

test("[TB14] a level falls one step after two seconds below its mark", () => {
  const outbound = queue();
  outbound.buffered(HARD / 2 + 1, 0);
  outbound.buffered(10, 1_000);
  outbound.buffered(HARD / 2 + 1, 2_000); // Back above the mark: the clock starts again.
  outbound.buffered(10, 2_500);

  const levels = [4_499, 4_500, 6_499, 6_500].map((nowMs) => {
    outbound.flush(nowMs, () => undefined);
    return outbound.level;
  });
  expect(levels).toEqual([2, 1, 1, 0]);
  outbound.buffered(0, 6_500);
  expect(outbound.throttledNotice(6_500)).toBe(undefined);
  expect(outbound.isIdle(6_500)).toBe(true);
});

test("[TB14] one late look lets a level fall as far as the time allows", () => {
  const outbound = queue();
  outbound.buffered(HARD / 2 + 1, 0);
  outbound.buffered(0, 100);
  expect(outbound.isIdle(4_099)).toBe(false);
  outbound.throttledNotice(4_099);

  outbound.flush(4_100, () => undefined);
  expect(outbound.level).toBe(0);
});

test("[TB14] the client is told of its losses at most once per second", () => {
  const outbound = queue();
  expect(outbound.throttledNotice(0)).toBe(undefined);
  outbound.buffered(SOFT + 1, 0);
  outbound.offer(message(Kind.quality, 10), 0, 1);
  outbound.offer(message(Kind.state, 10, "p_a", "k"), 0, 1);
  outbound.offer(message(Kind.state, 10, "p_a", "k"), 0, 1);

  expect(outbound.throttledNotice(2)).toEqual({
    scope: "queue",
    level: 1,
    dropped: 1,
    merged: 1,
    retryAfterMs: 2_000,
  });
  outbound.offer(message(Kind.quality, 10), 0, 3);
  expect(outbound.throttledNotice(1_001)).toBe(undefined);
  expect(outbound.throttledNotice(1_002)).toMatchObject({ dropped: 1, merged: 0 });
  expect(outbound.throttledNotice(9_000)).toBe(undefined);
});

test("[TB10] no critical message is lost or overtaken, whatever else happens", () => {
  const step = fc.record({
    kind: fc.constantFrom(Kind.offer, Kind.state, Kind.speaking, Kind.speakers, Kind.pong),
    bytes: fc.integer({ min: 1, max: 30_000 }),
    gapMs: fc.integer({ min: 0, max: 400 }),
    socketBytes: fc.option(fc.integer({ min: 0, max: 300_000 }), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const outbound = queue();
      const sent: number[] = [];
      let nowMs = 0;
      let s = 0;
      for (const { kind, bytes, gapMs, socketBytes } of steps) {
        nowMs += gapMs;
        if (socketBytes !== undefined) outbound.buffered(socketBytes, nowMs);
        outbound.flush(nowMs, (_m, sequence) => sequence > 0 && sent.push(sequence));
        if (kind === Kind.offer) s += 1;
        const result = outbound.offer(message(kind, bytes, "p_a", "k"), s, nowMs);
        if (result === "close") return;
        if (kind === Kind.offer) {
          expect(["write", "queued"]).toContain(result);
          if (result === "write") sent.push(s);
        }
      }
      for (let drain = 0; drain < 200; drain += 1) {
        outbound.buffered(0, nowMs);
        outbound.flush(nowMs, (_m, sequence) => sequence > 0 && sent.push(sequence));
      }
      expect(sent).toEqual(Array.from({ length: s }, (_, i) => i + 1));
      outbound.flush(nowMs + 60_000, () => undefined);
      outbound.buffered(0, nowMs + 60_000);
      outbound.throttledNotice(nowMs + 60_000);
      expect(outbound.isIdle(nowMs + 60_000)).toBe(true);
    }),
    { seed: 5, numRuns: 100 },
  );
});
