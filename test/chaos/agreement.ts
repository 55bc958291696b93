// Whether the nodes agree with each other and with the clients on who is where: one host for every session, and no ghost.

import { expect } from "vitest";
import type { Load } from "./load.ts";
import type { Stage } from "./stage.ts";

interface SessionRow {
  readonly room: string;
  readonly participant: string;
  readonly state: string;
}

interface RoomRow {
  readonly id: string;
  readonly participants: number;
  readonly otherHosts: readonly string[];
}

export interface Agreement {
  readonly rooms: number;
  /** Rooms on several nodes, all of which know of each other. */
  readonly spanning: number;
}

/** Waits until it is so; `has left` are clients of the first load. */
export async function agreed(
  stage: Stage,
  loads: readonly Load[],
  hasLeft: ReadonlySet<number> = new Set(),
  withinMs = 20_000,
): Promise<Agreement> {
  const wanted = (await Promise.all(loads.map((load, i) => expectedOf(load, i, hasLeft)))).flat();
  let found = await sessionsOf(stage);
  const isSame = (): boolean => JSON.stringify(found.sort()) === JSON.stringify(wanted.sort());
  try {
    await stage.until(
      "every participant has one session, at the node of its client",
      async () => {
        found = await sessionsOf(stage);
        return isSame();
      },
      withinMs,
    );
  } catch {
    const surplus = found.filter((one) => !wanted.includes(one));
    const missing = wanted.filter((one) => !found.includes(one));
    expect({ surplus, missing, count: found.length }).toEqual({
      surplus: [],
      missing: [],
      count: wanted.length,
    });
  }
  return hostsAgreed(stage, loads);
}

async function expectedOf(load: Load, number: number, hasLeft: ReadonlySet<number>) {
  const { prefix, roomSize } = load.options;
  const nodes = await load.where();
  return nodes.flatMap((node, client) =>
    number === 0 && hasLeft.has(client)
      ? []
      : [`${prefix}r${Math.floor(client / roomSize)} ${prefix}p${client} ${node} attached`],
  );
}

async function sessionsOf(stage: Stage): Promise<string[]> {
  const lists = await Promise.all(
    stage.nodes.map(async (node) =>
      (await node.list<SessionRow>("sessions")).map(
        ({ room, participant, state }) => `${room} ${participant} ${node.id} ${state}`,
      ),
    ),
  );
  return lists.flat();
}

/** Every room that is in use is hosted by one node, or by several that all know of each other. */
async function hostsAgreed(stage: Stage, loads: readonly Load[]): Promise<Agreement> {
  const hostsOf = new Map<string, string[]>();
  const othersOf = new Map<string, readonly string[]>();
  for (const node of stage.nodes) {
    for (const { id, otherHosts } of await node.list<RoomRow>("rooms")) {
      hostsOf.set(id, [...(hostsOf.get(id) ?? []), node.id]);
      othersOf.set(`${id} ${node.id}`, otherHosts);
    }
  }
  let spanning = 0;
  for (const [room, hosts] of hostsOf) {
    if (hosts.length > 1) spanning++;
    for (const host of hosts) {
      const others = hosts.filter((one) => one !== host).sort();
      const known = [...othersOf.get(`${room} ${host}`)!].sort();
      expect({ room, host, others: known }).toEqual({ room, host, others });
    }
  }
  const rooms = loads.reduce((sum, load) => sum + load.options.rooms, 0);
  expect(hostsOf.size).toBe(rooms);
  return { rooms, spanning };
}
