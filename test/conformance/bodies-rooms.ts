// People in one room: who is there, what they say, how they negotiate, and what a slow one gets.

import { expect } from "vitest";
import type { ConformanceClient, ConformanceCluster } from "./cluster.ts";
import { agreement, answered, expectNobodyTold, meeting, SOON_MS, type Body } from "./body.ts";
import { Kind } from "../../core/protocol/message.ts";

async function joins(cluster: ConformanceCluster): Promise<void> {
  const [first, second] = await meeting(cluster, "standup", 2);
  const later = [1, 2, 3].map(() => cluster.client({ room: "standup" }));
  for (const client of later) client.join();
  await agreement(cluster, [first!, second!, ...later]);
  expect([...first!.journal.toldJoined].sort().slice(-3)).toEqual(later.map(({ id }) => id).sort());
  for (const { id, journal } of [first!, second!, ...later]) {
    expect(journal.toldJoined).not.toContain(id);
  }
  later[0]!.leave();
  const left = [first!, second!, later[1]!, later[2]!];
  await agreement(cluster, left);
  for (const { journal } of left) {
    expect(journal.toldLeft).toMatchObject([{ id: later[0]!.id, reason: "left" }]);
  }
}

async function relays(cluster: ConformanceCluster): Promise<void> {
  const [ada, bob, eve] = (await meeting(cluster, "standup", 3)) as [
    ConformanceClient,
    ConformanceClient,
    ConformanceClient,
  ];
  const toOne = ada.say({ text: "psst" }, bob.id);
  const toAll = ada.say({ text: "hello" });
  await answered(cluster, ada, [toOne, toAll]);
  await cluster.until(() => eve.journal.bodies().length > 0, SOON_MS, "the message to all");
  await cluster.until(() => bob.journal.bodies().length > 1, SOON_MS, "both messages");
  expect(bob.journal.bodies(ada.id)).toEqual([{ text: "psst" }, { text: "hello" }]);
  expect(eve.journal.bodies(ada.id)).toEqual([{ text: "hello" }]);
  expect(ada.journal.bodies()).toEqual([]);
  const toNobody = ada.say({ text: "anybody?" }, "nobody");
  await cluster.until(() => ada.journal.refused.length > 0, SOON_MS, "the refusal");
  expect(ada.journal.refused.map(({ id }) => id)).toEqual([toNobody]);
}

async function ordered(cluster: ConformanceCluster): Promise<void> {
  const clients = await meeting(cluster, "standup", 5);
  const [listener, other, ...talkers] = clients as [ConformanceClient, ConformanceClient];
  for (let number = 0; number < 12; number++) {
    for (const talker of talkers as ConformanceClient[]) talker.say({ by: talker.id, number });
    await cluster.idle(7);
  }
  const whole = 12 * talkers.length;
  const everybody = (): boolean =>
    [listener, other].every(({ journal }) => journal.bodies().length >= whole);
  await cluster.until(everybody, SOON_MS, "all that was said");
  expect(listener.journal.bodies()).toEqual(other.journal.bodies());
  for (const talker of talkers as ConformanceClient[]) {
    const heard = listener.journal.bodies(talker.id);
    expect(heard).toEqual(heard.map((_, number) => ({ by: talker.id, number })));
    const ofOthers = listener.journal
      .bodies()
      .filter((body) => (body as { by: string }).by !== talker.id);
    await cluster.until(
      () => talker.journal.bodies().length === ofOthers.length,
      SOON_MS,
      `what others said, at ${talker.id}`,
    );
    expect(talker.journal.bodies()).toEqual(ofOthers);
  }
  expectNobodyTold(clients);
}

async function states(cluster: ConformanceCluster): Promise<void> {
  const [ada, bob] = (await meeting(cluster, "standup", 2)) as [
    ConformanceClient,
    ConformanceClient,
  ];
  for (let level = 0; level <= 5; level++) ada.setState("level", level);
  ada.setState("hand", true);
  const wanted = { level: 5, hand: true };
  const seen = (by: ConformanceClient): unknown =>
    by.journal.roster.participants.get(ada.id)?.state;
  await cluster.until(
    () => JSON.stringify(seen(bob)) === JSON.stringify(wanted),
    SOON_MS,
    () => `the last values: ${JSON.stringify(seen(bob))}`,
  );
  const late = cluster.client({ room: "standup" });
  late.join();
  await agreement(cluster, [ada, bob, late]);
  expect(seen(late)).toEqual(wanted);
}

/** What `by` heard of `from` in negotiation, as "kind n", candidates once. */
function negotiation(by: ConformanceClient, from: ConformanceClient): string[] {
  const names = new Map<Kind, string>([
    [Kind.offer, "offer"],
    [Kind.answer, "answer"],
    [Kind.candidate, "candidates"],
    [Kind.endOfCandidates, "end"],
  ]);
  const lines = by.journal.heard
    .filter((one) => one.from === from.id && names.has(one.kind))
    .map(({ kind, n }) => `${names.get(kind)} ${n}`);
  return lines.filter((line, at) => line !== lines[at - 1]);
}

async function trickles(cluster: ConformanceCluster): Promise<void> {
  const [ada] = (await meeting(cluster, "standup", 1)) as [ConformanceClient];
  const bob = cluster.client({ room: "standup" });
  bob.join();
  await agreement(cluster, [ada, bob]);
  const ended = (): boolean =>
    negotiation(ada, bob).length >= 3 && negotiation(bob, ada).length >= 3;
  await cluster.until(ended, SOON_MS, "the ends of candidates");
  const n = ada.describedWith(bob.id);
  expect(n).toBeGreaterThan(0);
  expect(bob.describedWith(ada.id)).toBe(n);
  // Who came offers; candidates follow their description, and their end comes last.
  expect(negotiation(ada, bob)).toEqual([`offer ${n}`, `candidates ${n}`, `end ${n}`]);
  expect(negotiation(bob, ada)).toEqual([`answer ${n}`, `candidates ${n}`, `end ${n}`]);
}

async function glares(cluster: ConformanceCluster): Promise<void> {
  const pair = (await meeting(cluster, "standup", 2)) as [ConformanceClient, ConformanceClient];
  const [impolite, polite] = pair[0].id < pair[1].id ? pair : [pair[1], pair[0]];
  const areAgreed = (): boolean =>
    impolite.describedWith(polite.id) > 0 &&
    impolite.describedWith(polite.id) === polite.describedWith(impolite.id);
  await cluster.until(areAgreed, SOON_MS, "the first description");
  await cluster.idle(1_000);
  const before = pair.map(({ journal }) => journal.heard.length);
  impolite.iceFailed(polite.id);
  polite.iceFailed(impolite.id);
  const news = (by: ConformanceClient, kind: Kind): number[] =>
    by.journal.heard
      .slice(before[pair.indexOf(by)])
      .filter((one) => one.kind === kind)
      .map(({ n }) => n);
  // Both offers cross: the impolite side's holds and is answered; the polite side offers again, and is answered too.
  const isOver = (): boolean =>
    news(polite, Kind.answer).length === 1 && news(impolite, Kind.answer).length === 1;
  await cluster.until(isOver, SOON_MS, "an answer on each side");
  await cluster.idle(1_000);
  const [held] = news(polite, Kind.offer);
  const [ignored, again] = news(impolite, Kind.offer);
  expect(held! % 2).toBe(1);
  expect(ignored! % 2).toBe(0);
  expect(news(polite, Kind.offer)).toEqual([held]);
  expect(news(impolite, Kind.offer)).toEqual([ignored, again]);
  expect(news(impolite, Kind.answer)).toEqual([held]);
  expect(news(polite, Kind.answer)).toEqual([again]);
  expect(areAgreed()).toBe(true);
}

/** A message of nearly the largest size, bytes. */
const LARGE = "x".repeat(7_900);

async function pressed(cluster: ConformanceCluster): Promise<void> {
  const [talker, slow, quick] = (await meeting(cluster, "standup", 3)) as [
    ConformanceClient,
    ConformanceClient,
    ConformanceClient,
  ];
  slow.stopReading();
  const wanted = Math.ceil((cluster.socketBytes + 512 * 1_024) / LARGE.length);
  for (let number = 0; number < wanted; number++) {
    talker.say({ number, LARGE });
    if (number % 20 === 19) await cluster.idle(20);
  }
  await cluster.until(() => quick.journal.bodies().length === wanted, SOON_MS, "the quick one");
  for (let at = 0; at < 20; at++) {
    talker.setState("level", at);
    talker.point({ at });
    await cluster.idle(20);
  }
  talker.say({ number: wanted });
  await cluster.until(() => quick.journal.bodies().length > wanted, SOON_MS, "the last message");
  slow.resumeReading();
  await cluster.until(() => slow.journal.bodies().length > wanted, SOON_MS, "all critical ones");
  const level = (): unknown => slow.journal.roster.participants.get(talker.id)?.state["level"];
  await cluster.until(() => level() === 19, SOON_MS, "the last state");
  const numbers = slow.journal.bodies().map((body) => (body as { number: number }).number);
  expect(numbers).toEqual(numbers.map((_, number) => number));
  expect(slow.journal.of(Kind.state).length).toBeLessThan(20);
  expect(slow.journal.of(Kind.cursor)).toEqual([]);
  expect(quick.journal.of(Kind.cursor).length).toBeGreaterThan(0);
  expect(slow.journal.of(Kind.throttled).length).toBeGreaterThan(0);
  expect(slow.journal.told).not.toContain("disrupted");
  expectNobodyTold([talker, slow, quick]);
}

export const ROOM_BODIES: readonly Body[] = [
  {
    name: "[RM1] joining: everybody sees exactly the room, and hears of nobody twice",
    needs: [],
    run: joins,
  },
  { name: "[RM3, RM8] relay to one and to the room", needs: [], run: relays },
  { name: "[RM2] all hear what is said in one order", needs: [], run: ordered },
  { name: "[RM7] the last value of a state counts, for later joiners too", needs: [], run: states },
  {
    name: "[NG2, NG6, NG10] trickle: candidates follow their description",
    needs: [],
    run: trickles,
  },
  {
    name: "[NG1, NG3] glare: of two offers at once the impolite side's holds",
    needs: [],
    run: glares,
  },
  {
    name: "[TB10, TB11, TB12] classes under pressure: a slow reader gets all that is critical, in order",
    needs: [],
    settings: {
      connectionPerSec: 5_000,
      roomPerSec: 50_000,
      hardBytes: 4 * 1_024 * 1_024,
    },
    run: pressed,
  },
];
