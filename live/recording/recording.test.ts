import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { beatOf, edgePolicy, nodePolicy } from "../../core/fixtures.ts";
import { EdgeGateway } from "../../core/edge/edge-gateway.ts";
import { RecordingEdgeOutbox } from "../../core/edge/recording-outbox.ts";
import { RecordingNodeOutbox } from "../../core/node/recording-outbox.ts";
import { SignalingNode } from "../../core/node/signaling-node.ts";
import { FrameError } from "../../core/protocol/frame-error.ts";
import { CloseCode } from "../../core/protocol/limits.ts";
import { DeliveryClass, Kind, Message } from "../../core/protocol/message.ts";
import { WireMessage } from "../wire-message.ts";
import {
  EDGE_FACTS,
  EDGE_QUESTIONS,
  type FactForms,
  NODE_FACTS,
  NODE_QUESTIONS,
} from "./fact-forms.ts";
import { FoldedEdgeOutbox, FoldedNodeOutbox } from "./folded-outboxes.ts";
import { LifeReader, type RecordedFact } from "./fact-reader.ts";
import { RecordedEdge } from "./recorded-edge.ts";
import { freshDirectory, recordedRun, recorderIn } from "./recorded-loopback.ts";
import { RecordedNode } from "./recorded-node.ts";
import { replay } from "./replay.ts";
import { livesIn } from "./segments.ts";

function factsOf(directory: string): readonly RecordedFact[] {
  return livesIn(directory).flatMap((files) => [...new LifeReader(files).facts()]);
}

/** Public methods, getters apart. */
function methodsOf(prototype: object): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name, { value }]) => typeof value === "function" && name !== "constructor")
    .map(([name]) => name)
    .sort();
}

test.each([
  { core: EdgeGateway, recorded: RecordedEdge, facts: EDGE_FACTS, questions: EDGE_QUESTIONS },
  { core: SignalingNode, recorded: RecordedNode, facts: NODE_FACTS, questions: NODE_QUESTIONS },
])("[RP3] every fact of $core.name is recorded", ({ core, recorded, facts, questions }) => {
  const expected = methodsOf(core.prototype).filter((name) => !questions.has(name));
  expect(methodsOf(recorded.prototype)).toEqual(expected);
  expect(Object.keys(facts).sort()).toEqual(expected);
});

test("[RP3] every order of the outboxes is folded", () => {
  const orders = (outbox: object) => methodsOf(outbox).filter((name) => name !== "take");
  expect(methodsOf(FoldedEdgeOutbox.prototype)).toEqual(orders(RecordingEdgeOutbox.prototype));
  expect(methodsOf(FoldedNodeOutbox.prototype)).toEqual(orders(RecordingNodeOutbox.prototype));
});

const GRANT = {
  session: 4,
  room: 2,
  roomId: "standup",
  sessionId: "n0.1.4",
  rotation: 0,
  participant: { id: "ann", name: "Ann", meta: JSON.parse('{"__proto__":{"a":1},"b":"é\\ud83d"}') },
  mode: "joined",
  reason: undefined,
  s: 0,
  replayFrom: 0,
  participants: [],
  participantsBytes: 0,
  epoch: 1,
  media: "sfu",
  sfu: { id: "sfu-1", url: "wss://sfu.example", token: "sfuSecret" },
  expectedSize: 5,
} as const;
const BEAT = { edgeId: "e1", incarnation: 1, connections: 3, admitPerSec: 5, serving: true };
const CLAIMS = { participantId: "ann", roomId: "standup", expectedSize: 5, roomMax: Infinity };
const RESUME = {
  sessionId: "n0.1.4",
  roomId: "standup",
  participantId: "ann",
  name: "Ann",
  nodeId: "n0",
  incarnation: 1,
  session: 4,
  rotation: 1,
  expectedSize: 5,
  validUntilMs: Infinity,
};
const REQUEST = {
  roomId: "standup",
  participantId: "ann",
  name: "Ann",
  meta: { shoe: 42 },
  region: "eu",
  expectedSize: 5,
  roomMax: Infinity,
  as: "host",
  refusedBy: ["n1"],
  deadlineMs: Infinity,
  resume: undefined,
  last: 0,
} as const;
const REFUSAL = {
  reason: "busy",
  nextNodeId: undefined,
  nextAs: "host",
  retryAfterMs: Infinity,
} as const;
const said = (kind: Kind, body: object | undefined) =>
  new Message(kind, 3, "ann", "bob", 2, 120, "k", body);
const wire = new WireMessage(
  Kind.message,
  3,
  "ann",
  0,
  120,
  "",
  '"t":"message","d":{"text":"hi"}}',
);

/** One of each, with all kinds of arguments; what core makes of them does not matter here. */
function tellEdge(edge: EdgeGateway): void {
  edge.deadlinePassed(1.125);
  edge.knocked("192.0.2.1", 2);
  const connection = edge.opened(3, "192.0.2.1");
  edge.opened(3, "");
  edge.openedBusy(4);
  const join = { room: "standup", token: "ey.Join-Secret_9", name: "Ann", meta: { a: [1, null] } };
  edge.received(connection, said(Kind.join, join), 5);
  edge.frameRejected(connection, new FrameError("bad_request", "no", { field: "d", re: 4 }), 6);
  edge.frameRejected(connection, FrameError.badFrame("no frame"), 6);
  edge.buffered(connection, 1e9, 7);
  edge.tokenVerified(connection, CLAIMS, 8);
  edge.tokenRejected(connection, CloseCode.forbidden);
  edge.resumeVerified(connection, RESUME, 9);
  edge.heard({ type: "beat", beat: beatOf("n0") }, 10);
  edge.attached(0, connection, GRANT, 10);
  edge.refused(0, connection, REFUSAL, 11);
  edge.multicast(0, 2, -1, wire, 12);
  edge.multicast(0, 2, -1, said(Kind.message, undefined), 12);
  edge.delivered(0, connection, 4, said(Kind.offer, { sdp: "v=0" }), 0, 13);
  edge.closeAsked(0, connection, 4, CloseCode.replaced);
  edge.trunkBuffered(0, 5, 14);
  edge.trunkLost("n0", 15);
  edge.trunkLost("n0", 15, 1);
  edge.trunkOpened("n0", 1, 16);
  edge.heard({ type: "edge-beat", beat: BEAT }, 17);
  edge.busLost(18);
  edge.busRestored(19);
  edge.drainAsked(20, 1_000);
  edge.drainCancelled(21);
  edge.closed(connection);
}

function tellNode(node: SignalingNode): void {
  node.deadlinePassed(1.125);
  node.attachAsked(0, 9, REQUEST, 2);
  node.attachAsked(0, 10, { ...REQUEST, resume: RESUME, last: 7 }, 2);
  node.relayed(4, said(Kind.message, { text: "hi" }), 3);
  node.acknowledged(4, 1);
  node.trunkBuffered(0, 2e6, 4);
  node.detached(4, 0, 0, true, 5);
  const participants = [GRANT.participant];
  const orphans = { roomId: "retro", expectedSize: 2, lostNodeId: "n7", participants };
  node.orphansDeclared([{ ...orphans, sessionIds: ["n7.1.1"], expectedWithinMs: 500 }], 6);
  node.sfuAllocated(0, GRANT.sfu);
  node.sfuAnswered(4, said(Kind.answer, { sdp: "v=0" }));
  const update = { type: "update", roomId: "standup", nodeId: "n1", incarnation: 1, u: 2 } as const;
  node.heard({ ...update, message: said(Kind.state, { k: true }) }, 7);
  node.heard({ ...update, message: wire }, 7);
  node.busLost(8);
  node.busRestored(9);
  node.drainAsked(10);
  node.drainCancelled(11);
  node.kickAsked("standup", "nobody", 12);
  node.edgeLost(0, 13);
  node.leaveAsked(14);
}

/** What core was told, in full. */
function toldTo(machine: object, methods: FactForms, tell: () => void): RecordedFact["args"][] {
  const told: unknown[][] = [];
  let isInside = false;
  for (const name of Object.keys(methods)) {
    const own = (machine as Record<string, (...args: unknown[]) => unknown>)[name]!;
    Object.assign(machine, {
      [name]: (...args: unknown[]) => {
        if (!isInside) told.push([name, ...args]);
        const wasInside = isInside;
        isInside = true;
        const answer = own.apply(machine, args);
        isInside = wasInside;
        return answer;
      },
    });
  }
  tell();
  return told;
}

/** Undefined arguments at the end are the same as none. */
function trimmed(args: readonly unknown[]): readonly unknown[] {
  const last = args.findLastIndex((arg) => arg !== undefined);
  return args.slice(0, last + 1);
}

test("[RP4] every fact is read as it was told, but for tokens", async () => {
  const directory = freshDirectory();
  const { makeEdge, makeNode, close } = recorderIn(directory);
  const ice = { servers: [{ urls: ["turn:t"], username: "u", credential: "iceSecret" }], ttlMs: 5 };
  const edgeOutbox = new RecordingEdgeOutbox();
  edgeOutbox.ice = ice;
  const edge = makeEdge(edgePolicy(), edgeOutbox);
  const node = makeNode(nodePolicy(), new RecordingNodeOutbox());
  const told = [
    ...toldTo(edge, EDGE_FACTS, () => tellEdge(edge)),
    ...toldTo(node, NODE_FACTS, () => tellNode(node)),
  ];
  await close();
  const written = factsOf(directory);
  const masked = JSON.parse(
    JSON.stringify(told.map(trimmed)).replace(/ey.Join-Secret_9|sfuSecret/g, (s) =>
      "*".repeat(s.length),
    ),
  ) as unknown;
  const readAgain = written.map(({ name, args }) => trimmed([name, ...args]));
  expect(JSON.parse(JSON.stringify(readAgain))).toEqual(masked);
  expect(new Set(told.map(([name]) => name))).toEqual(
    new Set([...Object.keys(EDGE_FACTS), ...Object.keys(NODE_FACTS)]),
  );
  // What JSON does not tell.
  const claims = written.find(({ name }) => name === "tokenVerified")!.args[1];
  expect(claims).toEqual(CLAIMS);
  const request = written.find(({ name }) => name === "attachAsked")!.args[2];
  expect(request).toMatchObject({ deadlineMs: Infinity, roomMax: Infinity });
  const messages = written.filter(({ name }) => name === "multicast").map(({ args }) => args[3]);
  expect(messages[0]).toEqual(wire);
  expect(messages[0]).toBeInstanceOf(WireMessage);
  expect(messages[1]).toMatchObject({ deliveryClass: DeliveryClass.critical, body: undefined });
  expect(written.map(({ timeMs }) => timeMs)).not.toContain(undefined);
  expect(replay(directory).map(({ difference, damage }) => difference ?? damage)).toEqual([
    undefined,
    undefined,
  ]);
});

test("[RP5] no token and no credential is in a file, and only the owner may read it", async () => {
  const directory = freshDirectory();
  const { makeEdge, makeNode, close } = recorderIn(directory);
  const outbox = new RecordingEdgeOutbox();
  const sealed = "rt1.SealedSecret";
  const ice = { servers: [{ urls: ["turn:t"], username: "u", credential: "iceSecret" }], ttlMs: 5 };
  outbox.ice = ice;
  outbox.sealResume = () => sealed;
  const edge = makeEdge(edgePolicy(), outbox);
  const node = makeNode(nodePolicy(), new RecordingNodeOutbox());
  const nodes = { n0: beatOf("n0") };
  edge.heard({ type: "beat", beat: nodes.n0 }, 0);
  const connection = edge.opened(1);
  const asked = { room: "standup", token: "ey.JoinSecret", name: "Ann" };
  edge.received(connection, new Message(Kind.join, 0, "", "", 0, 99, "", asked), 2);
  edge.tokenVerified(connection, CLAIMS, 3);
  edge.attached(0, connection, GRANT, 4);
  const resume = { room: "standup", token: sealed, session: "n0.1.4", last: 3 };
  const other = edge.opened(5);
  edge.received(other, new Message(Kind.resume, 0, "", "", 0, 99, "", resume), 5);
  const text = '"t":"sfu","d":{"id":"sfu-1","url":"wss://sfu.example","token":"sfuSecret"}}';
  edge.multicast(0, 2, -1, new WireMessage(Kind.sfu, 0, "", 0, 99, "", text), 6);
  // Half of a token's time later the client gets a fresh one with its pong.
  const lateMs = edgePolicy().resumeTtlMs;
  edge.received(connection, new Message(Kind.ping, 0, "", "", 0, 20, "", undefined), lateMs);
  const written = outbox.take();
  node.sfuAllocated(0, GRANT.sfu);
  node.attachAsked(0, 9, REQUEST, 2);
  await close();

  const told = JSON.stringify(written);
  for (const secret of ["SealedSecret", "iceSecret", "sfuSecret", "ey.JoinSecret"]) {
    expect(told).toContain(secret);
  }
  for (const file of readdirSync(directory)) {
    expect(readFileSync(join(directory, file), "latin1")).not.toMatch(/Secret/);
    expect(statSync(join(directory, file)).mode & 0o077).toBe(0);
  }
  expect(replay(directory).map((life) => life.difference)).toEqual([undefined, undefined]);
});

test("[RP2] a core that leaves out, adds or changes an order is found at the very fact", async () => {
  const { directory } = await recordedRun([
    [3, 1],
    [0, 2],
    [7, 3],
    [4, 4],
  ]);
  const machine = "edge e0";
  const all = factsOf(directory).length;
  const makeEdge = (change: (outbox: RecordingEdgeOutbox, told: string[]) => void) => {
    return (policy: ReturnType<typeof edgePolicy>, outbox: object) => {
      const changed = Object.create(outbox) as RecordingEdgeOutbox;
      for (const name of methodsOf(FoldedEdgeOutbox.prototype)) {
        const own = (outbox as Record<string, (...args: unknown[]) => unknown>)[name]!;
        Object.assign(changed, { [name]: own.bind(outbox) });
      }
      change(changed, []);
      return new EdgeGateway(policy, changed);
    };
  };
  const facts = [...new LifeReader(livesIn(directory)[0]!).facts()];
  expect(all).toBeGreaterThan(facts.length);

  let writes = 0;
  const dropped = makeEdge((outbox) => {
    const { write } = outbox;
    outbox.write = (...args) => {
      if (++writes !== 5) write(...args);
    };
  });
  const [life] = replay(directory, { machine, makeEdge: dropped });
  const orders = (fact: RecordedFact) =>
    fact.outcome.runs.filter((run) => run % 64 === 2).reduce((n, run) => n + (run >> 6), 0);
  let counted = 0;
  const culprit = facts.find((fact) => (counted += orders(fact)) >= 5)!;
  expect(life!.difference).toMatchObject({
    what: "orders",
    factNumber: culprit.number,
    timeMs: culprit.timeMs,
  });
  expect(life!.difference!.fact).toContain(`${culprit.name}(`);
  expect(life!.difference!.expected.join()).toContain("write");

  const altered = makeEdge((outbox) => {
    const { publish } = outbox;
    outbox.publish = (subject) => publish(subject, { type: "edge-beat", beat: BEAT });
  });
  const [other] = replay(directory, { machine, makeEdge: altered });
  expect(other!.difference).toMatchObject({ what: "contents", came: ["publish"] });
  const untilMs = other!.difference!.timeMs - 1;
  const [before] = replay(directory, { machine, makeEdge: altered, untilMs });
  expect(before!.difference).toBeUndefined();
});

test("[RP10] an error of core is in the recording when it is thrown, and comes again", () => {
  const directory = freshDirectory();
  const { makeNode } = recorderIn(directory, { flushEveryMs: 60_000 });
  const node = makeNode(nodePolicy(), new RecordingNodeOutbox());
  node.deadlinePassed(1);
  const nameless = { type: "beat", beat: beatOf("") } as const;
  expect(() => node.heard(nameless, 2)).toThrow();
  const [life] = replay(directory); // Nothing was closed.
  expect(life).toMatchObject({ facts: 2, difference: undefined, damage: undefined });
});
