import { expect, test } from "vitest";
import { CloseCode } from "../protocol/limits.ts";
import { Kind } from "../protocol/message.ts";
import { ClientBench } from "./client-bench.ts";
import { ClientEvent } from "./client-outbox.ts";
import { ClientState } from "./client-table.ts";

test("[RS15] what was not answered is sent again after every resume, oldest first", () => {
  const bench = new ClientBench();
  bench.live();
  for (const text of ["a", "b", "c"]) bench.core.offer(0, Kind.message, "", "", 40, { text });
  bench.hear(0, Kind.ok, undefined, 10, { id: 2 });
  bench.core.closed(0, 1006, true, 20, 0.5);
  expect(bench.core.offer(0, Kind.message, "", "", 40)).toBe(0); // Only while live.
  bench.outbox.take();
  bench.greeted(0, 270);
  bench.resumed(0, { from: 1, to: 0 }, 300);
  expect(bench.sent().map(({ kind, id }) => [kind, id])).toEqual([
    [Kind.resume, 0],
    [Kind.message, 1],
    [Kind.message, 3],
  ]);
  bench.core.left(0);
  const settled = bench.orders("settled");
  expect(settled.map(({ message, accepted }) => [message.id, accepted])).toEqual([
    [1, false],
    [3, false],
  ]);
});

test("[RS15] `not_joined` is no answer: the resume that follows says it again", () => {
  const bench = new ClientBench();
  bench.live();
  bench.core.offer(0, Kind.message, "", "", 40, { text: "a" });
  const body = { code: "not_joined", message: "join first", retry: false };
  bench.hear(0, Kind.error, body, 10, { id: 1 });
  expect(bench.orders("settled")).toEqual([]);
  bench.hear(0, Kind.drain, { deadlineMs: 1_000, reconnectAfterMs: 100 }, 20);
  bench.core.deadlinePassed(0, 120, 0.5);
  bench.resumed(0, { mode: "snapshot", participants: [], s: 4 }, 150);
  expect(bench.sent().map(({ kind, id }) => [kind, id])).toEqual([
    [Kind.resume, 0],
    [Kind.message, 1],
  ]);
});

test("[RS15, NG11] what was said before is said again before anything new, since ids only grow", () => {
  const bench = new ClientBench();
  bench.live(0, { media: "mesh", participants: [{ id: "a", name: "A" }] });
  bench.core.offer(0, Kind.message, "", "", 40, { text: "a" });
  bench.hear(0, Kind.drain, { deadlineMs: 1_000, reconnectAfterMs: 100 }, 20);
  bench.core.deadlinePassed(0, 120, 0.5);
  bench.outbox.take();
  const participants = [{ id: "a", name: "A" }];
  bench.resumed(0, { mode: "snapshot", participants, s: 4, media: "mesh" }, 150);
  const sent = bench.sent().map(({ kind, id }) => [kind, id]);
  expect(sent).toEqual([
    [Kind.message, 1],
    [Kind.iceRestart, 2], // "p0" is the polite one, and asks "a" to offer.
  ]);
});

test("[RS16] a repeated number changes nothing, a skipped one closes and resumes", () => {
  const bench = new ClientBench();
  bench.live();
  const join = (s: number, id: string, nowMs: number) =>
    bench.hear(0, Kind.participantJoined, { id, name: id }, nowMs, { s });
  join(1, "bob", 1);
  join(1, "bob", 2);
  join(2, "carol", 3);
  expect(bench.core.table.rosterCount(0)).toBe(2);
  bench.outbox.take();
  join(4, "erin", 4);
  expect(bench.core.stateOf(0)).toBe(ClientState.waiting);
  expect(bench.outbox.take().map(({ order }) => order)).toEqual(["tell", "hangUp", "tell"]);
  bench.greeted(0, 254);
  expect(bench.sent()[0].body).toMatchObject({ last: 2, session: "s0", token: "r" });
});

test("[RS17, RC4] a drained client resumes on the same socket, at its slot to the millisecond", () => {
  const bench = new ClientBench();
  bench.live();
  bench.outbox.take();
  bench.hear(0, Kind.drain, { deadlineMs: 9_000, reconnectAfterMs: 1_234.5 }, 1_000);
  expect(bench.core.nextDeadlineMs(0)).toBe(2_234.5);
  bench.core.deadlinePassed(0, 2_234.5, 0.9);
  expect(bench.sent().map(({ kind }) => kind)).toEqual([Kind.resume]);
});

test("[RS17] rejected it joins anew at once on the same socket, told to stop it ends", () => {
  const bench = new ClientBench(3);
  for (const client of [0, 1, 2]) {
    bench.live(client);
    bench.core.closed(client, 1006, false, 10, 0);
    bench.greeted(client, 10);
  }
  bench.outbox.take();
  bench.hear(
    0,
    Kind.error,
    { code: "resume_rejected", message: "", retry: false, reason: "expired" },
    20,
  );
  expect(bench.sent().map(({ kind }) => kind)).toEqual([Kind.join]);
  bench.core.closed(1, CloseCode.replaced, false, 20, 0);
  bench.core.closed(2, CloseCode.kicked, false, 20, 0);
  expect([1, 2].map((client) => bench.core.stateOf(client))).toEqual([
    ClientState.ended,
    ClientState.ended,
  ]);
});

test("[AD7] a client that is told busy asks again on the same socket, then and not before", () => {
  const bench = new ClientBench();
  bench.greeted();
  bench.outbox.take();
  bench.hear(0, Kind.error, { code: "busy", message: "", retry: true, retryAfterMs: 700 }, 100);
  expect(bench.core.nextDeadlineMs(0)).toBe(800);
  bench.core.deadlinePassed(0, 799, 0);
  expect(bench.sent()).toEqual([]);
  bench.core.deadlinePassed(0, 800, 0);
  expect(bench.sent().map(({ kind }) => kind)).toEqual([Kind.join]);
});

test("[RC1, RC3, RC5, RC9] the first attempt follows W as told last, and what was the reason", () => {
  const cases: [code: number, isPrivate: boolean, fromMs: number, toMs: number][] = [
    [1006, false, 0, 12_000],
    [1006, true, 0, 500],
    [CloseCode.slow, false, 1_000, 5_000],
    [CloseCode.rateLimited, false, 5_000, 17_000],
  ];
  const bench = new ClientBench(2 * cases.length);
  cases.forEach(([code, isPrivate, fromMs, toMs], i) => {
    for (const [client, draw, atMs] of [
      [2 * i, 0, fromMs],
      [2 * i + 1, 0.5, (fromMs + toMs) / 2],
    ]) {
      bench.live(client);
      bench.hear(client, Kind.pong, { ts: 0, spreadMs: 12_000 }, 10);
      bench.core.closed(client, code, isPrivate, 100, draw);
      expect(bench.core.nextDeadlineMs(client)).toBe(100 + atMs);
    }
  });
});

test("[RC2, RC6] attempts double their range, and start again after 30 s of a connection", () => {
  const bench = new ClientBench();
  bench.live();
  const waits: number[] = [];
  let nowMs = 1_000;
  for (const lastsMs of [1_000, 29_999, 30_000]) {
    bench.core.closed(0, 1006, false, nowMs, 0.5);
    waits.push(bench.core.nextDeadlineMs(0) - nowMs);
    nowMs = bench.core.nextDeadlineMs(0);
    bench.greeted(0, nowMs);
    bench.resumed(0, {}, nowMs);
    nowMs += lastsMs;
  }
  bench.core.closed(0, 1006, false, nowMs, 0.5);
  waits.push(bench.core.nextDeadlineMs(0) - nowMs);
  expect(waits).toEqual([4_000, 8_000, 16_000, 4_000]);
});

test("[RC10] the first ping lies anywhere in the interval, and silence after it ends the socket", () => {
  const bench = new ClientBench();
  bench.live(0, {}, 1_000);
  bench.outbox.take();
  expect(bench.core.nextDeadlineMs(0)).toBe(1_000 + 7_500);
  bench.core.deadlinePassed(0, 8_500, 0);
  expect(bench.sent().map(({ kind }) => kind)).toEqual([Kind.ping]);
  bench.hear(0, Kind.pong, { ts: 0 }, 8_600);
  bench.core.deadlinePassed(0, 13_500, 0);
  bench.core.deadlinePassed(0, 23_500, 0);
  bench.outbox.take();
  bench.core.deadlinePassed(0, 28_500, 0);
  expect(bench.orders("hangUp")).toEqual([
    { order: "hangUp", client: 0, code: CloseCode.heartbeatTimeout },
  ]);
});

test("[RC12] a client pings as often as the server advises, not as its policy says", () => {
  const bench = new ClientBench();
  bench.live(0, { ping: { everyMs: 4_000, timeoutMs: 1_000 } }, 1_000);
  expect(bench.core.nextDeadlineMs(0)).toBe(1_000 + 2_000);
  bench.core.deadlinePassed(0, 3_000, 0);
  bench.hear(0, Kind.pong, { ts: 0 }, 3_100);
  bench.core.deadlinePassed(0, 4_000, 0);
  expect(bench.core.nextDeadlineMs(0)).toBe(7_000);
});

test("[RC12] a hint that the network is back is followed: who lives asks, who waits dials", () => {
  const bench = new ClientBench(2);
  bench.live(0, {}, 1_000);
  bench.live(1, {}, 1_000);
  bench.outbox.take();
  bench.core.nudged(0, 2_000, 0);
  expect(bench.sent().map(({ kind }) => kind)).toEqual([Kind.ping]);
  expect(bench.core.nextDeadlineMs(0)).toBe(5_000);
  bench.core.deadlinePassed(0, 5_000, 0);
  expect(bench.orders("hangUp")).toMatchObject([{ client: 0, code: CloseCode.heartbeatTimeout }]);

  bench.core.closed(1, 1006, false, 2_000, 0.9);
  expect(bench.core.nextDeadlineMs(1)).toBeGreaterThan(3_000);
  bench.core.nudged(1, 2_500, 0.5);
  expect(bench.core.nextDeadlineMs(1)).toBe(2_750);
});

test("[RC11] patience ends for who never got in, not for who has a session", () => {
  const bench = new ClientBench(2, { patienceMs: 60_000 });
  bench.live(1);
  bench.core.closed(1, 1006, false, 100, 0.99);
  bench.core.started(0, 0);
  for (const nowMs of [10_000, 90_000]) {
    for (const client of [0, 1]) {
      if (bench.core.nextDeadlineMs(client) <= nowMs) bench.core.deadlinePassed(client, nowMs, 0.5);
    }
  }
  expect([0, 1].map((client) => bench.core.stateOf(client))).toEqual([
    ClientState.ended,
    ClientState.waiting, // Its dial failed; it goes on.
  ]);
  const told = bench.orders("tell").filter(({ event }) => event === ClientEvent.gaveUp);
  expect(told.map(({ client }) => client)).toEqual([0]);
});

test("[NG12] negotiation refused for its rate is said again in order, and paced", () => {
  const bench = new ClientBench();
  bench.live(0, { sfu: { id: "sfu-1", url: "u", token: "t" } });
  bench.core.media.offerMade(0, "sfu", 2, 500);
  bench.core.media.gathered(0, "sfu", 2, 200, [], true, 0);
  bench.core.offer(0, Kind.message, "", "", 40);
  const ids = bench.sent().flatMap(({ id }) => (id > 0 ? [id] : []));
  bench.outbox.take();
  for (const id of ids) {
    const refusal = { code: "rate_limited", message: "", retry: true, retryAfterMs: 300 };
    bench.hear(0, Kind.error, refusal, 10, { id });
  }
  const again: [number, number][] = [];
  for (let nowMs = 10; nowMs < 600; nowMs++) {
    if (bench.core.nextDeadlineMs(0) > nowMs) continue;
    bench.core.deadlinePassed(0, nowMs, 0);
    for (const { kind } of bench.sent()) again.push([nowMs, kind]);
  }
  expect(again).toEqual([
    [310, Kind.offer],
    [344, Kind.candidate],
    [378, Kind.endOfCandidates],
  ]);
});

test("[RC5] the time that came with busy counts, also when the socket is closed then", () => {
  const bench = new ClientBench();
  bench.greeted(0, 0);
  bench.hear(0, Kind.error, { code: "busy", message: "", retry: true, retryAfterMs: 8_000 }, 1_000);
  bench.core.closed(0, CloseCode.busy, false, 1_500, 0.5);
  expect(bench.core.nextDeadlineMs(0)).toBe(9_000 + 1_000); // And half of W, which is 2 s.
});

test("[RC2] the cap of the pauses is the server's", () => {
  const bench = new ClientBench();
  bench.live(0, { reconnect: { spreadMs: 2_000, capMs: 5_000 } }, 0);
  let nowMs = 1_000;
  const waits: number[] = [];
  for (let n = 0; n < 4; n++) {
    bench.core.closed(0, 1006, false, nowMs, 0.999_999);
    waits.push(Math.round(bench.core.nextDeadlineMs(0) - nowMs));
    nowMs = bench.core.nextDeadlineMs(0);
    bench.core.deadlinePassed(0, nowMs, 0);
  }
  expect(waits).toEqual([2_000, 4_000, 5_000, 5_000]);
});
