import fc from "fast-check";
import { expect, test } from "vitest";
import { ClientEvent } from "../client/client-outbox.ts";
import { ClientState } from "../client/client-table.ts";
import { ConnectionState } from "../edge/connections.ts";
import { slotOf } from "../handles.ts";
import { idChecksum, Kind } from "../protocol/message.ts";
import { Loopback, type LoopbackOptions } from "./loopback.ts";

const CLIENTS = 8;
const RUNS = { seed: 20_261, numRuns: 60 };

function loopback(differing: Partial<LoopbackOptions> = {}, delays: readonly number[] = [5]) {
  let asked = 0;
  let state = 1;
  return new Loopback({
    nodes: 2,
    edges: 2,
    clients: CLIENTS,
    delayMs: () => delays[asked++ % delays.length],
    draw: () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state / 2 ** 32;
    },
    ...differing,
  });
}

/** Everybody has heard of everybody, and the clients are on their way in. */
function begun(differing: Partial<LoopbackOptions>, delays: readonly number[]): Loopback {
  const net = loopback(differing, delays);
  net.run(2_000);
  for (let client = 0; client < CLIENTS; client++) net.clients.core.started(client, net.nowMs);
  return net;
}

type Fact =
  { do: Doing; client: number } | { do: Happening; machine: number } | { do: "wait"; ms: number };

type Doing = "leave" | "lose" | "say" | "mute";
type Happening = "kill node" | "start node" | "kill edge" | "start edge" | "drain";

const fact: fc.Arbitrary<Fact> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom<Doing[]>("lose", "lose", "lose", "say", "say", "mute", "leave"),
      client: fc.nat(CLIENTS - 1),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom<Happening[]>(
        "kill node",
        "start node",
        "kill edge",
        "start edge",
        "drain",
      ),
      machine: fc.nat(1),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.constantFrom(1, 3, 20, 400, 2_500, 9_000, 17_000, 50_000),
    }),
  },
);

function perform(net: Loopback, fact: Fact): void {
  switch (fact.do) {
    case "wait":
      net.run(net.nowMs + fact.ms);
      break;
    case "kill node":
      net.killNode(fact.machine);
      break;
    case "start node":
      if (net.nodes[fact.machine] === undefined) net.startNode(fact.machine);
      break;
    case "kill edge":
      net.killEdge(fact.machine);
      break;
    case "start edge":
      if (net.edges[fact.machine] === undefined) net.startEdge(fact.machine);
      break;
    case "drain":
      net.nodes[fact.machine]?.core.drainAsked(net.nowMs);
      break;
    default:
      performOf(net, fact.do, fact.client);
  }
}

function performOf(net: Loopback, what: string, client: number): void {
  const { core } = net.clients;
  const state = core.stateOf(client);
  if (what === "leave") {
    if (state !== ClientState.idle) core.left(client);
  } else if (what === "lose") {
    const socket = net.clients.socketOf(client);
    if (socket !== undefined) net.clients.lose(client, socket.edge);
  } else if (what === "say") {
    core.offer(client, Kind.message, "", "", 60, { text: "hello" });
  } else {
    core.offer(client, Kind.state, "", "mute", 40, { mute: true });
  }
}

/** What every live client must have in common with its host once nothing is under way. */
function expectAgreement(net: Loopback): number {
  let live = 0;
  const { core, told } = net.clients;
  for (let client = 0; client < CLIENTS; client++) {
    expect(told[client] ?? []).not.toContain(ClientEvent.gap);
    if (core.stateOf(client) !== ClientState.live) continue;
    live++;
    const socket = net.clients.socketOf(client)!;
    const { connections, view } = socket.edge.core;
    const at = slotOf(socket.connection);
    expect(connections.state[at]).toBe(ConnectionState.attached);
    const nodeId = view.records[connections.node[at]]!.nodeId;
    const node = net.nodes.find((port) => port?.name === nodeId)!.core;
    const { sessions } = node.context;
    const session = connections.session[at];
    const room = sessions.room[slotOf(session)]!;
    const others = [...room.roster.ids()].filter((id) => id !== `p${client}`).sort();
    expect(core.table.lastS(client)).toBe(sessions.sentS(session));
    expect(core.table.awaitedCount(client)).toBe(0);
    expect(core.table.rosterCount(client)).toBe(others.length);
    expect(core.table.rosterSum(client)).toBe(
      others.reduce((sum, id) => (sum + idChecksum(id)) | 0, 0),
    );
    // And the roster is who is really there, on whatever node.
    expect(others).toEqual(othersLive(net, client));
  }
  return live;
}

function othersLive(net: Loopback, client: number): string[] {
  const ids: string[] = [];
  for (let other = client % 2; other < CLIENTS; other += 2) {
    if (other === client || net.clients.core.stateOf(other) !== ClientState.live) continue;
    ids.push(`p${other}`);
  }
  return ids.sort();
}

/** Brings up what is down, and waits until every window is over. */
function settle(net: Loopback): void {
  for (let i = 0; i < 2; i++) {
    if (net.nodes[i] === undefined) net.startNode(i);
    if (net.edges[i] === undefined) net.startEdge(i);
  }
  net.run(net.nowMs + 300_000);
}

test("[RM1, RM2, RS3, RS9] whatever happens, all agree in the end, and no order names who is gone", () => {
  fc.assert(
    fc.property(
      fc.array(fact, { minLength: 5, maxLength: 60 }),
      fc.array(fc.constantFrom(0, 1, 2, 5, 30, 120), { minLength: 1, maxLength: 9 }),
      (facts, delays) => {
        const net = begun({}, delays);
        for (const one of facts) perform(net, one);
        settle(net);
        expectAgreement(net);
      },
    ),
    {
      seed: Number(globalThis.process?.env?.FSEED ?? 20_261),
      numRuns: Number(globalThis.process?.env?.FRUNS ?? 60),
    },
  );
});

test("[RM10, RM11, RM12, PL12] a room on two nodes is one room, whatever the bus loses of its updates", () => {
  fc.assert(
    fc.property(
      fc.array(fact, { minLength: 5, maxLength: 60 }),
      fc.array(fc.constantFrom(0, 1, 2, 5, 30), { minLength: 1, maxLength: 9 }),
      fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
      (facts, delays, losses) => {
        let asked = 0;
        let isLossy = true;
        const spans = ["update", "snapshot", "snapshot-wanted"];
        const loses: LoopbackOptions["loses"] = ({ type }) =>
          isLossy && spans.includes(type) && losses[asked++ % losses.length];
        // Two rooms of four with the same home, which has five places.
        const net = loopback(
          { node: { maxConnections: 3, presenceGraceMs: 5_000 }, loses },
          delays,
        );
        net.run(2_000);
        for (const one of facts) perform(net, one);
        isLossy = false;
        settle(net);
        // A hole shows when the next update comes.
        for (let client = 0; client < CLIENTS; client++) performOf(net, "mute", client);
        net.run(net.nowMs + 10_000);
        expectAgreement(net);
      },
    ),
    RUNS,
  );
});

test("a calm cluster lets everybody in", () => {
  const net = begun({}, [5]);
  net.run(10_000);
  expect(expectAgreement(net)).toBe(CLIENTS);
});
