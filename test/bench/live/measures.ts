// What is measured on one process of each server: CPU time per operation, resident memory, round trips.
//
// Rounds are interleaved: every round visits all servers, in an order that turns. CPU time is the server's own account over
// the operations that the generator counted, so that neither the generator's speed nor a busy neighbour is in it, but for the
// caches that they share.

import { setTimeout as pause } from "node:timers/promises";
import type { Load } from "./crowd.ts";
import { Generator, type RemoteCrowd } from "./load.ts";
import { type ServerName, type ServerProcess, startServer } from "./servers.ts";

export const SERVERS: readonly ServerName[] = ["ours", "ws", "socket.io"];

/** One value per round. */
export type Series = Record<ServerName, number[]>;

export const emptySeries = (): Series => ({ ours: [], ws: [], "socket.io": [] });

export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
  readonly joins: number;
  readonly idleConnections: number;
  readonly memoryRounds: number;
}

export const FULL: Effort = {
  rounds: 5,
  seconds: 2,
  joins: 2_000,
  idleConnections: 10_000,
  memoryRounds: 2,
};
export const QUICK: Effort = {
  rounds: 2,
  seconds: 0.4,
  joins: 400,
  idleConnections: 1_500,
  memoryRounds: 1,
};

/** So long a server gets to end what came after the last thing that was counted. */
const CALM_MS = 150;
const WARM_UP_S = 0.5;

interface Stage {
  readonly server: ServerProcess;
  readonly crowd: RemoteCrowd;
}

async function onStages<Result>(
  names: readonly ServerName[],
  generator: Generator,
  plan: { readonly count: number; readonly roomSize: number },
  act: (stages: ReadonlyMap<ServerName, Stage>) => Promise<Result>,
): Promise<Result> {
  const stages = new Map<ServerName, Stage>();
  try {
    for (const name of names) {
      const server = await startServer(name);
      const crowd = await generator.gather({ server: name, port: server.port, ...plan });
      stages.set(name, { server, crowd });
      await crowd.enter();
    }
    return await act(stages);
  } finally {
    for (const { server, crowd } of stages.values()) {
      await crowd.disperse();
      await server.stop();
    }
  }
}

/** The servers in another order every round. */
function* turns(names: readonly ServerName[], rounds: number): Iterable<ServerName> {
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < names.length; i++) yield names[(i + round) % names.length]!;
  }
}

/** CPU time of the server per counted operation, µs. */
async function costOf(
  { server, crowd }: Stage,
  load: Load,
  seconds: number,
  depth = 1,
): Promise<number> {
  const before = await server.usage();
  const { count } = await crowd.play(load, seconds, 0, depth);
  await pause(CALM_MS);
  const after = await server.usage();
  return (after.cpuUs - before.cpuUs) / count;
}

/** Messages under way in a room that all talk in. Assumed: what a server at its limit finds waiting. */
const BUSY_DEPTH = 8;

export interface FanoutCosts {
  readonly messages: Series;
  readonly states: Series;
  readonly busyMessages: Series;
  readonly busyStates: Series;
}

/**
 * CPU µs per delivery in rooms of 100, of messages (numbered, answered) and states (the same for all): one under way in each room,
 * and several.
 */
export async function fanoutCosts(
  generator: Generator,
  { rounds, seconds }: Effort,
): Promise<FanoutCosts> {
  const messages = emptySeries();
  const states = emptySeries();
  const busyMessages = emptySeries();
  const busyStates = emptySeries();
  await onStages(SERVERS, generator, { count: 1_000, roomSize: 100 }, async (stages) => {
    for (const { crowd } of stages.values()) {
      await crowd.play("messages", WARM_UP_S);
      await crowd.play("states", WARM_UP_S);
    }
    for (const name of turns(SERVERS, rounds)) {
      const stage = stages.get(name)!;
      messages[name].push(await costOf(stage, "messages", seconds));
      states[name].push(await costOf(stage, "states", seconds));
      busyMessages[name].push(await costOf(stage, "messages", seconds, BUSY_DEPTH));
      busyStates[name].push(await costOf(stage, "states", seconds, BUSY_DEPTH));
    }
  });
  return { messages, states, busyMessages, busyStates };
}

/** CPU µs per message relayed from one to one, without and with an answer to the sender. */
export async function relayCosts(
  generator: Generator,
  { rounds, seconds }: Effort,
): Promise<{ plain: Series; acknowledged: Series }> {
  const plain = emptySeries();
  const acknowledged = emptySeries();
  await onStages(SERVERS, generator, { count: 200, roomSize: 10 }, async (stages) => {
    for (const { crowd } of stages.values()) {
      await crowd.play("relay", WARM_UP_S);
      await crowd.play("acknowledged relay", WARM_UP_S);
    }
    for (const name of turns(SERVERS, rounds)) {
      const stage = stages.get(name)!;
      plain[name].push(await costOf(stage, "relay", seconds));
      acknowledged[name].push(await costOf(stage, "acknowledged relay", seconds));
    }
  });
  return { plain, acknowledged };
}

/** Round trips A → B → A at a rate, ms: quantiles per round. */
export async function roundTrips(
  generator: Generator,
  { rounds, seconds }: Effort,
  perSec: number,
): Promise<{ p50: Series; p99: Series }> {
  const p50 = emptySeries();
  const p99 = emptySeries();
  const names: readonly ServerName[] = ["ours", "ws"];
  await onStages(names, generator, { count: 400, roomSize: 10 }, async (stages) => {
    for (const { crowd } of stages.values()) await crowd.play("round trips", WARM_UP_S, perSec);
    // A neighbour who wakes up is seen in a p99: many short rounds, of which the median counts.
    for (const name of turns(names, 3 * rounds)) {
      const { tripsMs } = await stages.get(name)!.crowd.play("round trips", seconds / 2, perSec);
      const sorted = [...tripsMs].sort((x, y) => x - y);
      p50[name].push(sorted[Math.floor(sorted.length * 0.5)] ?? Infinity);
      p99[name].push(sorted[Math.floor(sorted.length * 0.99)] ?? Infinity);
    }
  });
  return { p50, p99 };
}

/** CPU µs per connect and join in rooms of ten, until everybody was told. */
export async function joinCosts(generator: Generator, effort: Effort): Promise<Series> {
  const costs = emptySeries();
  const servers = new Map<ServerName, ServerProcess>();
  for (const name of SERVERS) servers.set(name, await startServer(name));
  const storm = async (name: ServerName, count: number): Promise<number> => {
    const server = servers.get(name)!;
    const crowd = await generator.gather({ server: name, port: server.port, count, roomSize: 10 });
    const before = await server.usage();
    await crowd.enter();
    await pause(CALM_MS);
    const after = await server.usage();
    await crowd.disperse();
    await pause(CALM_MS * 2);
    return (after.cpuUs - before.cpuUs) / count;
  };
  for (const name of SERVERS) await storm(name, effort.joins);
  for (const name of turns(SERVERS, effort.rounds)) {
    costs[name].push(await storm(name, effort.joins));
  }
  for (const server of servers.values()) await server.stop();
  return costs;
}

/** Resident bytes per connection that joined a room of ten, each on a fresh server, after the garbage was taken away. */
export async function idleBytes(generator: Generator, effort: Effort): Promise<Series> {
  const bytes = emptySeries();
  for (const name of turns(SERVERS, effort.memoryRounds)) {
    const server = await startServer(name);
    const { port } = server;
    const warm = await generator.gather({ server: name, port, count: 300, roomSize: 10 });
    await warm.enter();
    const before = await server.usage(true);
    const count = effort.idleConnections;
    const crowd = await generator.gather({ server: name, port, count, roomSize: 10 });
    await crowd.enter();
    await pause(1_000);
    const after = await server.usage(true);
    bytes[name].push((after.residentBytes - before.residentBytes) / count);
    await warm.disperse();
    await crowd.disperse();
    await server.stop();
  }
  return bytes;
}
