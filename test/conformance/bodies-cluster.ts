// Rooms that move, rooms on several nodes, and what happens to them when a node or the bus fails.

import { expect } from "vitest";
import type { ConformanceClient, ConformanceCluster, ConformanceSettings } from "./cluster.ts";
import {
  agreement,
  answered,
  expectAllHeard,
  expectNobodyTold,
  meeting,
  settledTalk,
  SOON_MS,
  Talker,
  type Body,
} from "./body.ts";

/** Everybody has come back, and time enough has passed for somebody to be told that they left. */
async function settled(
  cluster: ConformanceCluster,
  clients: readonly ConformanceClient[],
  s: ConformanceSettings,
): Promise<void> {
  await agreement(cluster, clients, SOON_MS + s.leaseMs);
  await cluster.idle(s.presenceGraceMs + s.leaseMs);
  await agreement(cluster, clients);
}

async function losesNode(cluster: ConformanceCluster, s: ConformanceSettings): Promise<void> {
  const clients = await meeting(cluster, "standup", 4);
  const sessions = clients.map(({ journal }) => journal.session);
  const lost = clients[0]!.journal.node;
  cluster.killNode(lost);
  const areBack = (): boolean => clients.every(({ journal }) => journal.count("resynced") === 1);
  await cluster.until(areBack, SOON_MS + s.leaseMs, "snapshots from another node");
  await settled(cluster, clients, s);
  expectNobodyTold(clients);
  for (const { journal } of clients) {
    expect(journal.node).not.toBe(lost);
    expect(journal.count("joined")).toBe(1);
  }
  expect(clients.map(({ journal }) => journal.session)).toEqual(sessions);
}

async function losesNodeUnderTalk(
  cluster: ConformanceCluster,
  s: ConformanceSettings,
): Promise<void> {
  const clients = await meeting(cluster, "standup", 4);
  const others = await meeting(cluster, "elsewhere", 2);
  const talkers = clients.map((client) => new Talker(client));
  const lost = clients[0]!.journal.node;
  const isElsewhere = others[0]!.journal.node !== lost;
  for (let i = 0; i < 80; i++) {
    for (const talker of talkers) talker.says();
    await cluster.idle(25);
    if (i === 20) cluster.killNode(lost);
  }
  await settled(cluster, clients, s);
  await settledTalk(cluster, talkers);
  expectAllHeard(talkers, clients);
  expectNobodyTold([...clients, ...others]);
  for (const { journal } of others) {
    expect(journal.count("disrupted"), "rooms of other nodes").toBe(isElsewhere ? 0 : 1);
  }
}

async function drains(cluster: ConformanceCluster, s: ConformanceSettings): Promise<void> {
  const clients = await meeting(cluster, "standup", 4);
  const talkers = clients.map((client) => new Talker(client));
  const drained = clients[0]!.journal.node;
  for (let i = 0; i < 60; i++) {
    for (const talker of talkers) talker.says();
    await cluster.idle(25);
    if (i === 10) cluster.drainNode(drained);
  }
  const areAway = (): boolean => clients.every(({ journal }) => journal.node !== drained);
  await cluster.until(areAway, SOON_MS, "everybody on another node");
  await settled(cluster, clients, s);
  await settledTalk(cluster, talkers);
  expectAllHeard(talkers, clients);
  expectNobodyTold(clients);
  for (const { journal } of clients) expect(journal.count("joined")).toBe(1);
}

/** Rooms beside the first, enough of them that each node is some new room's home. */
const NEW_ROOMS = ["a", "b", "c", "d", "e", "f", "g", "h"];

async function staysAfterAll(cluster: ConformanceCluster, s: ConformanceSettings): Promise<void> {
  const [ghost, ...rest] = (await meeting(cluster, "standup", 4)) as [
    ConformanceClient,
    ...ConformanceClient[],
  ];
  const drained = ghost.journal.node;
  ghost.vanish(); // Whoever may still come back keeps the node from being empty, and gone, too soon.
  await cluster.idle(s.reconnectingNoticeMs);
  cluster.drainNode(drained);
  const areMoving = (): boolean => rest.some(({ journal }) => journal.count("disrupted") > 0);
  await cluster.until(areMoving, SOON_MS, "the first notice");
  cluster.cancelDrain(drained);
  await agreement(cluster, rest);
  await cluster.idle(5 * s.beatEveryMs);
  const homes: string[] = [];
  for (const room of NEW_ROOMS) {
    const [only] = (await meeting(cluster, room, 1)) as [ConformanceClient];
    homes.push(only.journal.node);
  }
  expect(homes).toContain(drained);
}

async function spills(cluster: ConformanceCluster, s: ConformanceSettings): Promise<void> {
  const rooms = await Promise.all(
    ["a", "b", "c", "d", "e", "f"].map((room) => ({
      room,
      clients: [cluster.client({ room }), cluster.client({ room })],
    })),
  );
  for (const { clients } of rooms) {
    for (const client of clients) client.join();
    await agreement(cluster, clients);
  }
  const all = rooms.flatMap(({ clients }) => clients);
  const counts = cluster.nodes.map(
    (node) => all.filter(({ journal }) => journal.node === node).length,
  );
  expect(counts.reduce((sum, count) => sum + count)).toBe(12);
  expect(Math.max(...counts)).toBeLessThanOrEqual(s.maxConnections);
  for (const { clients } of rooms) {
    const [ada, bob] = clients as [ConformanceClient, ConformanceClient];
    const id = ada.say({ text: "hello" });
    await answered(cluster, ada, [id]);
    await cluster.until(() => bob.journal.bodies().length === 1, SOON_MS, "the word");
  }
}

async function spans(cluster: ConformanceCluster, s: ConformanceSettings): Promise<void> {
  const clients = await meeting(cluster, "standup", 5);
  const nodes = new Set(clients.map(({ journal }) => journal.node));
  expect(nodes.size).toBeGreaterThan(1);
  const talkers = clients.map((client) => new Talker(client));
  for (let i = 0; i < 15; i++) {
    for (const talker of talkers) talker.says();
    await cluster.idle(15);
  }
  for (const { client, said } of talkers) await answered(cluster, client, said);
  await cluster.idle(500);
  expectAllHeard(talkers, clients);
  for (const talker of talkers) {
    for (const listener of othersThan(talker.client, clients)) {
      expect(talker.heardBy(listener).length).toBe(15);
    }
  }
  const [first] = clients as [ConformanceClient];
  const away = clients.find(({ journal }) => journal.node !== first.journal.node)!;
  const psst = first.say({ by: first.id, number: 99 }, away.id);
  await answered(cluster, first, [psst]);
  await cluster.until(
    () => talkers[0]!.heardBy(away).includes(99),
    SOON_MS,
    "a word to one on the other node",
  );
  away.leave();
  const rest = othersThan(away, clients);
  await agreement(cluster, rest);
  await cluster.idle(s.presenceGraceMs);
  for (const { journal } of rest) {
    expect(journal.toldLeft).toMatchObject([{ id: away.id, reason: "left" }]);
  }
}

function othersThan(one: ConformanceClient, all: readonly ConformanceClient[]) {
  return all.filter((other) => other !== one);
}

async function losesBus(cluster: ConformanceCluster, s: ConformanceSettings): Promise<void> {
  const split = await meeting(cluster, "split", 5);
  expect(new Set(split.map(({ journal }) => journal.node)).size).toBe(2);
  const whole = await meeting(cluster, "whole", 2);
  const talkers = whole.map((client) => new Talker(client));
  await cluster.busDown();
  for (let ms = 0; ms < 2 * s.leaseMs; ms += 50) {
    for (const talker of talkers) talker.says();
    await cluster.idle(50);
  }
  for (const { client, said } of talkers) await answered(cluster, client, said);
  await cluster.idle(500);
  expectAllHeard(talkers, whole);
  for (const { journal } of [...whole, ...split]) expect(journal.count("disrupted")).toBe(0);
  // Somebody leaves meanwhile: those on other nodes cannot know.
  const leaver = split[0]!;
  const rest = othersThan(leaver, split);
  leaver.leave();
  await cluster.idle(200);
  await cluster.busUp();
  await agreement(cluster, rest);
  const late = new Talker(rest[0]!);
  late.says();
  await answered(cluster, late.client, late.said);
  await cluster.until(
    () => othersThan(late.client, rest).every((listener) => late.heardBy(listener).length === 1),
    SOON_MS,
    "a word across the bus again",
  );
  await cluster.idle(s.leaseMs + s.presenceGraceMs);
  await agreement(cluster, rest);
  for (const { journal } of rest) {
    expect(journal.toldLeft.map(({ id }) => id)).toEqual([leaver.id]);
  }
}

const NODES: Body["needs"] = ["several nodes"];

export const CLUSTER_BODIES: readonly Body[] = [
  {
    name: "[RS3, RS11, RM11] resume on another node: a snapshot, the same session, and nobody is told",
    needs: NODES,
    run: losesNode,
  },
  {
    name: "[RM3, RM4, RS15, WD3] a node is killed under talk: nothing acknowledged is lost",
    needs: NODES,
    run: losesNodeUnderTalk,
  },
  { name: "[RS11, RS17] drain: everybody moves, and nobody is told", needs: NODES, run: drains },
  {
    name: "[PL6] a drain that was cancelled: the node takes rooms again",
    needs: NODES,
    run: staysAfterAll,
  },
  {
    name: "[PL7, PL12] spill: what a full node cannot take, the next takes",
    needs: NODES,
    settings: { maxConnections: 5 },
    run: spills,
  },
  {
    name: "[RM10, RM11] a room on two nodes is one room",
    needs: NODES,
    settings: { maxConnections: 4 },
    run: spans,
  },
  {
    name: "[RM10, RM14] bus down and up: rooms on one node go on, and rooms on two agree again",
    needs: ["several nodes", "bus"],
    settings: { nodes: 2, maxConnections: 4 },
    run: losesBus,
  },
];
