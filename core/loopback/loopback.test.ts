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
  | { do: Doing; client: number }
  | { do: Happening; machine: number }
  | { do: Partition; machine: number; node: number }
  | { do: "wait"; ms: number };

type Doing = "leave" | "lose" | "say" | "mute";
type Happening = "kill node" | "start node" | "kill edge" | "start edge" | "drain";

type Partition =
  | "break trunk"
  | "mend trunk"
  | "stop node"
  | "stop edge"
  | "go on"
  | "bus down"
  | "bus up"
  | "drain edge"
  | "keep edge";

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

/** Machines that live and cannot hear each other, or stand still. */
const partition: fc.Arbitrary<Fact> = fc.record({
  do: fc.constantFrom<Partition[]>(
    "break trunk",
    "break trunk",
    "mend trunk",
    "stop node",
    "stop edge",
    "go on",
    "bus down",
    "bus up",
    "drain edge",
    "keep edge",
  ),
  machine: fc.nat(2),
  node: fc.nat(2),
});

function performPartition(net: Loopback, what: Partition, machine: number, node: number): void {
  const edge = net.edges[machine];
  if (what === "break trunk") net.breakTrunk(edge, net.nodes[node]);
  else if (what === "mend trunk") net.mendTrunk(edge, net.nodes[node]);
  else if (what === "stop node") net.pause(net.nodes[node]);
  else if (what === "stop edge") net.pause(edge);
  else if (what === "bus down" || what === "bus up") net.setBus(what === "bus up");
  else if (what === "drain edge") edge?.core.drainAsked(net.nowMs, 5_000);
  else if (what === "keep edge") edge?.core.drainCancelled(net.nowMs);
  else goOn(net);
}

function goOn(net: Loopback): void {
  for (const port of [...net.nodes, ...net.edges]) net.unpause(port);
}

function perform(net: Loopback, fact: Fact): void {
  switch (fact.do) {
    case "break trunk":
    case "mend trunk":
    case "stop node":
    case "stop edge":
    case "go on":
    case "bus down":
    case "bus up":
    case "drain edge":
    case "keep edge":
      performPartition(net, fact.do, fact.machine, fact.node);
      break;
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

/** Brings up what is down, mends what is broken, and waits until every window is over. */
function settle(net: Loopback): void {
  goOn(net);
  net.setBus(true);
  for (const edge of net.edges) {
    edge?.core.drainCancelled(net.nowMs);
    for (const node of net.nodes) net.mendTrunk(edge, node);
  }
  for (let i = 0; i < net.options.nodes; i++) if (net.nodes[i] === undefined) net.startNode(i);
  for (let i = 0; i < net.options.edges; i++) if (net.edges[i] === undefined) net.startEdge(i);
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

test.each([
  { nodes: 2, edges: 2 },
  { nodes: 3, edges: 3 },
])(
  "[ND1, ND2, ND3, ND4, ND5, RM11] machines that live apart for a while are one cluster again: $nodes nodes",
  (size) => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 3, arbitrary: fact }, { weight: 2, arbitrary: partition }), {
          minLength: 5,
          maxLength: 60,
        }),
        fc.array(fc.constantFrom(0, 1, 2, 5, 30, 120), { minLength: 1, maxLength: 9 }),
        (facts, delays) => {
          const net = begun(size, delays);
          for (const one of facts) perform(net, one);
          settle(net);
          expectAgreement(net);
        },
      ),
      {
        seed: Number(globalThis.process?.env?.FSEED ?? 20_261),
        numRuns: Number(globalThis.process?.env?.FRUNS ?? 80),
      },
    );
  },
);

test("a calm cluster lets everybody in", () => {
  const net = begun({}, [5]);
  net.run(10_000);
  expect(expectAgreement(net)).toBe(CLIENTS);
});
