// Whether the nodes agree with each other and with the clients on who is where: one host for every session, and no ghost.

import { expect } from "vitest";
import type { Load } from "./load.ts";
import type { Stage } from "./stage.ts";

interface SessionRow {
  readonly room: string;
  readonly participant: string;
  readonly state: string;
}

interface RoomDetail {
  readonly members: readonly { readonly participant: string; readonly state: string }[];
  readonly elsewhere: readonly string[];
}

export interface Agreement {
  readonly rooms: number;
  /** Rooms with members on several nodes, each of which knows all. */
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
  return rostersAgreed(stage, wanted);
}

async function expectedOf(load: Load, number: number, hasLeft: ReadonlySet<number>) {
  const { prefix, roomSize } = load.options;
  const nodes = await load.where();
  return nodes.flatMap((node, client) =>
    number === 0 && hasLeft.has(client)
      ? []
      : [`${prefix}r${Math.floor(client / roomSize)} ${prefix}p${client} ${node}`],
  );
}

/** Those who are connected. Who has moved may be remembered where he was, and is shown to nobody. */
async function sessionsOf(stage: Stage): Promise<string[]> {
  const lists = await Promise.all(
    stage.nodes.map(async (node) =>
      (await node.list<SessionRow>("sessions"))
        .filter(({ state }) => state === "attached")
        .map(({ room, participant }) => `${room} ${participant} ${node.id}`),
    ),
  );
  return lists.flat();
}

/** Every host of a room knows the whole room. */
async function rostersAgreed(stage: Stage, wanted: readonly string[]): Promise<Agreement> {
  const members = new Map<string, string[]>();
  const hosts = new Map<string, Set<string>>();
  for (const [room, participant, node] of wanted.map((one) => one.split(" "))) {
    members.set(room!, [...(members.get(room!) ?? []), participant!]);
    hosts.set(room!, (hosts.get(room!) ?? new Set()).add(node!));
  }
  for (const [room, ids] of hosts) {
    for (const host of ids) {
      const detail = await stage.server(host).get<RoomDetail>(`rooms/${room}?limit=1000`);
      const here = detail.members.filter(({ state }) => state !== "away");
      const known = new Set([...here.map(({ participant }) => participant), ...detail.elsewhere]);
      const all = [...known].sort();
      expect({ room, host, all }).toEqual({ room, host, all: members.get(room)!.sort() });
    }
  }
  const spanning = [...hosts.values()].filter(({ size }) => size > 1).length;
  return { rooms: hosts.size, spanning };
}
