// One connection that is lost, or an edge with all of its: who comes back, and what the others notice.

import { expect } from "vitest";
import type { ConformanceClient, ConformanceCluster, ConformanceSettings } from "./cluster.ts";
import {
  agreement,
  expectAllHeard,
  expectNobodyTold,
  meeting,
  settledTalk,
  SOON_MS,
  Talker,
  type Body,
} from "./body.ts";

async function resumes(cluster: ConformanceCluster, s: ConformanceSettings): Promise<void> {
  const clients = await meeting(cluster, "standup", 3);
  const [lost, bob, eve] = clients as [ConformanceClient, ConformanceClient, ConformanceClient];
  const { session } = lost.journal;
  const talkers = [bob, eve].map((client) => new Talker(client));
  for (let cut = 1; cut <= 2; cut++) {
    lost.cutSocket();
    for (let i = 0; i < 5; i++) {
      for (const talker of talkers) talker.says();
      await cluster.idle(10);
    }
    await cluster.until(() => lost.journal.count("replayed") === cut, SOON_MS, "the resume");
  }
  lost.setState("back", true);
  await cluster.until(
    () => bob.journal.roster.participants.get(lost.id)?.state["back"] === true,
    SOON_MS,
    "a word from who came back",
  );
  await cluster.idle(s.presenceGraceMs + 300);
  expect(lost.journal.session).toBe(session);
  expect(lost.journal.count("joined")).toBe(1);
  expectAllHeard(talkers, clients);
  expectNobodyTold(clients);
}

async function haunts(cluster: ConformanceCluster, s: ConformanceSettings): Promise<void> {
  const [ghost, bob, eve] = (await meeting(cluster, "standup", 3)) as [
    ConformanceClient,
    ConformanceClient,
    ConformanceClient,
  ];
  const goneMs = cluster.nowMs;
  ghost.vanish();
  const others = [bob, eve];
  const isShown = (): boolean =>
    others.every(({ journal }) => journal.toldReconnecting.includes(ghost.id));
  await cluster.until(isShown, s.reconnectingNoticeMs + SOON_MS, "the notice");
  for (const { journal } of others) expect(journal.others).toContain(ghost.id);
  const isOver = (): boolean => others.every(({ journal }) => journal.toldLeft.length > 0);
  await cluster.until(isOver, s.presenceGraceMs + SOON_MS, "the ghost's end");
  for (const { journal } of others) {
    expect(journal.toldLeft).toMatchObject([{ id: ghost.id, reason: "timeout" }]);
    expect(journal.others).not.toContain(ghost.id);
    const afterMs = journal.toldLeft[0]!.atMs - goneMs;
    expect(afterMs).toBeGreaterThanOrEqual(s.presenceGraceMs);
    expect(afterMs).toBeLessThan(s.presenceGraceMs + 1_000);
  }
}

async function changesEdge(cluster: ConformanceCluster, s: ConformanceSettings): Promise<void> {
  const clients = await meeting(cluster, "standup", 6);
  const talkers = clients.map((client) => new Talker(client));
  const edge = cluster.edges[0]!;
  for (let i = 0; i < 40; i++) {
    for (const talker of talkers) talker.says();
    await cluster.idle(25);
    if (i === 10) cluster.killEdge(edge);
  }
  await agreement(cluster, clients, SOON_MS + s.spreadMinMs);
  await settledTalk(cluster, talkers);
  await cluster.idle(s.presenceGraceMs + 300);
  const struck = clients.filter(({ journal }) => journal.count("disrupted") > 0);
  expect(struck.length).toBeGreaterThan(0);
  for (const { journal } of struck) expect(journal.count("replayed")).toBeGreaterThan(0);
  expectAllHeard(talkers, clients);
  expectNobodyTold(clients);
}

export const SESSION_BODIES: readonly Body[] = [
  {
    name: "[RS2, RS7, RC1] resume on the same node: all that was missed, in order, and nobody is told",
    needs: [],
    run: resumes,
  },
  {
    name: "[RS7, RS8] ghosts: who vanished is gone after the grace, and not before",
    needs: [],
    run: haunts,
  },
  {
    name: "[RS10, RS15] an edge dies under talk: its clients resume by another, and nobody is told",
    needs: ["several edges"],
    run: changesEdge,
  },
];
