import fc from "fast-check";
import { expect, test } from "vitest";
import { CLASS_OF_KIND, type Kind, Message } from "../../core/protocol/message.ts";
import type { AttachGrant, AttachRequest, OrphanRoom, Refusal } from "../../core/trunk.ts";
import { joinOf } from "../../core/fixtures.ts";
import { sharedText, WireMessage } from "../wire-message.ts";
import { FrameBatch } from "./frame-batch.ts";
import { readAtEdge, readAtNode } from "./frame-reader.ts";
import { RecordedEdge, RecordedNode } from "./trunk-fixtures.ts";
import type { TrunkToEdge, TrunkToNode } from "./trunk.ts";
import * as frames from "./trunk-frames.ts";

const RUNS = { seed: 70_311, numRuns: 150 };
const NOW_MS = 1_000_000;
const always = () => true;

/** What was written, in one piece. */
function written(write: (batch: FrameBatch) => void): Buffer {
  const pieces: Buffer[] = [];
  const batch = new FrameBatch((piece) => pieces.push(piece));
  write(batch);
  batch.flush();
  return Buffer.concat(pieces);
}

function atNode(piece: Buffer) {
  const node = new RecordedNode();
  const fault = readAtNode(piece, {} as TrunkToEdge, node, NOW_MS, always);
  return { fault, told: node.told };
}

function atEdge(piece: Buffer) {
  const edge = new RecordedEdge();
  const fault = readAtEdge(piece, {} as TrunkToNode, edge, always);
  return { fault, told: edge.told };
}

const handle = fc.integer({ min: -1, max: 0x7fff_ffff });
const count = fc.integer({ min: 0, max: 0x7fff_ffff });
const kind = fc.integer({ min: 1, max: CLASS_OF_KIND.length - 1 }) as fc.Arbitrary<Kind>;
const text = fc.string({ unit: "grapheme", maxLength: 60 });
/** As JSON has it: without -0; and without members that readers refuse. */
const json = fc
  .jsonValue()
  .map((value) => JSON.parse(JSON.stringify(value).replaceAll("__proto__", "p")) as unknown);
const body = fc.option(fc.dictionary(text, json), { nil: undefined });

const toNode = fc
  .tuple(kind, count, text, count, count, text, body)
  .map(([k, id, to, n, bytes, key, d]) => new Message(k, id, "", to, n, bytes, key, d));
const toEdge = fc
  .tuple(kind, count, text, count, count, text, body)
  .map(([k, id, from, n, bytes, key, d]) => new Message(k, id, from, "", n, bytes, key, d));

const participant = fc.record(
  {
    id: text,
    name: text,
    meta: json,
    state: fc.dictionary(text, json).map((state) => JSON.parse(JSON.stringify(state)) as object),
    connection: fc.constant("reconnecting" as const),
  },
  { requiredKeys: ["id", "name"] },
) as fc.Arbitrary<AttachGrant["participant"]>;

const claims = fc.record({
  sessionId: text,
  roomId: text,
  participantId: text,
  name: text,
  nodeId: text,
  incarnation: fc.maxSafeNat(),
  session: count,
  rotation: count,
  expectedSize: count,
  validUntilMs: fc.maxSafeNat(),
});

const request: fc.Arbitrary<AttachRequest> = fc.record({
  roomId: text,
  participantId: text,
  name: text,
  meta: fc.oneof(fc.constant(undefined), json),
  region: text,
  expectedSize: count,
  roomMax: fc.oneof(fc.constant(Infinity), count),
  as: fc.constantFrom("home", "host", "previous", "candidate"),
  refusedBy: fc.array(text),
  deadlineMs: fc.oneof(fc.constant(Infinity), fc.integer({ min: NOW_MS, max: 2 * NOW_MS })),
  resume: fc.option(claims, { nil: undefined }),
  last: count,
});

const grant: fc.Arbitrary<AttachGrant> = fc.record({
  session: count,
  room: count,
  roomId: text,
  sessionId: text,
  rotation: count,
  participant,
  mode: fc.constantFrom("joined", "replay", "snapshot"),
  reason: fc.constantFrom(undefined, "gap", "epoch", "moved"),
  s: count,
  replayFrom: count,
  participants: fc.array(participant),
  participantsBytes: count,
  epoch: count,
  media: fc.constantFrom("sfu", "mesh"),
  sfu: fc.option(fc.record({ id: text, url: text, token: text }), { nil: undefined }),
  expectedSize: count,
});

const refusal: fc.Arbitrary<Refusal> = fc.record({
  reason: fc.constantFrom("moved", "full", "busy", "room_full", "expired", "left"),
  nextNodeId: fc.option(text, { nil: undefined }),
  nextAs: fc.constantFrom("host", "previous"),
  retryAfterMs: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
});

const orphans: fc.Arbitrary<OrphanRoom> = fc
  .record({
    roomId: fc.constantFrom("standup", "r:1"),
    expectedSize: count,
    lostNodeId: fc.constantFrom("n1", "n-2"),
    members: fc.array(fc.tuple(participant, text), { maxLength: 5 }),
    expectedWithinMs: count,
  })
  .map(({ members, ...rest }) => ({
    ...rest,
    participants: members.map(([who]) => who),
    sessionIds: members.map(([, id]) => id),
  }));

type Written = readonly [write: (batch: FrameBatch) => void, told: readonly unknown[]];

const forNode: fc.Arbitrary<Written> = fc.oneof(
  fc
    .tuple(handle, toNode)
    .map<Written>(([session, message]) => [
      (batch) => frames.writeRelay(batch, session, message),
      ["relayed", session, message],
    ]),
  fc
    .tuple(handle, count)
    .map<Written>(([session, s]) => [
      (batch) => frames.writeAcknowledge(batch, session, s),
      ["acknowledged", session, s],
    ]),
  fc
    .tuple(handle, count, fc.boolean())
    .map<Written>(([session, attachment, isFinal]) => [
      (batch) => frames.writeDetach(batch, session, attachment, isFinal),
      ["detached", session, attachment, isFinal],
    ]),
  fc
    .tuple(handle, request)
    .map<Written>(([connection, asked]) => [
      (batch) => frames.writeAttach(batch, connection, asked, NOW_MS),
      ["attachAsked", connection, asked],
    ]),
  fc
    .array(orphans, { maxLength: 3 })
    .map<Written>((rooms) => [
      (batch) => frames.writeOrphans(batch, rooms),
      ["orphansDeclared", rooms],
    ]),
);

const cache = new frames.WrittenMessage();

function onTheWire(m: Message): WireMessage {
  return new WireMessage(m.kind, m.id, m.from, m.n, m.bytes, m.key, sharedText(m));
}

const forEdge: fc.Arbitrary<Written> = fc.oneof(
  fc
    .tuple(handle, handle, toEdge)
    .map<Written>(([room, except, message]) => [
      (batch) => frames.writeMulticast(batch, room, except, message, cache),
      ["multicast", room, except, onTheWire(message)],
    ]),
  fc
    .tuple(handle, handle, toEdge, count)
    .map<Written>(([connection, session, message, s]) => [
      (batch) => frames.writeDeliver(batch, connection, session, message, s, cache),
      ["delivered", connection, session, onTheWire(message), s],
    ]),
  fc
    .tuple(handle, handle)
    .map<Written>(([connection, session]) => [
      (batch) => frames.writeClose(batch, connection, session, 4020),
      ["closeAsked", connection, session, 4020],
    ]),
  fc
    .tuple(handle, grant)
    .map<Written>(([connection, granted]) => [
      (batch) => frames.writeAttached(batch, connection, granted),
      ["attached", connection, granted],
    ]),
  fc
    .tuple(handle, refusal)
    .map<Written>(([connection, refused]) => [
      (batch) => frames.writeRefused(batch, connection, refused),
      ["refused", connection, refused],
    ]),
);

test("[TR5] an edge's frames are read as they were written, in order", () => {
  fc.assert(
    fc.property(fc.array(forNode, { minLength: 1, maxLength: 8 }), (list) => {
      const piece = written((batch) => list.forEach(([write]) => write(batch)));
      const { fault, told } = atNode(piece);
      expect(fault).toBeUndefined();
      expect(told).toEqual(list.map(([, fact]) => fact));
    }),
    RUNS,
  );
});

test("[TR5] a node's frames are read as they were written, with the text that recipients share", () => {
  fc.assert(
    fc.property(fc.array(forEdge, { minLength: 1, maxLength: 8 }), (list) => {
      const piece = written((batch) => list.forEach(([write]) => write(batch)));
      const { fault, told } = atEdge(piece);
      expect(fault).toBeUndefined();
      expect(told).toEqual(list.map(([, fact]) => fact));
    }),
    RUNS,
  );
});

test("[TR6] a piece that is cut anywhere is refused, and what was whole before is told", () => {
  fc.assert(
    fc.property(forNode, forNode, fc.double({ min: 0, max: 1, noNaN: true }), (a, b, share) => {
      const first = written(a[0]);
      const piece = Buffer.concat([first, written(b[0])]);
      const cut = Math.floor(1 + share * (piece.length - 2));
      const { fault, told } = atNode(piece.subarray(0, cut));
      if (cut === first.length) expect(fault).toBeUndefined();
      else expect(fault).toBe("A frame was cut short.");
      expect(told.length).toBe(cut >= first.length ? 1 : 0);
    }),
    RUNS,
  );
});

test("[TR6] foreign bytes, and frames with any byte changed, never make reading throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      atNode(Buffer.from(bytes));
      atEdge(Buffer.from(bytes));
    }),
    { ...RUNS, numRuns: 1_000 },
  );
  fc.assert(
    fc.property(fc.oneof(forNode, forEdge), fc.nat(), fc.nat(255), ([write], at, byte) => {
      const piece = written(write);
      piece[at % piece.length] = byte;
      atNode(piece);
      atEdge(piece);
    }),
    { ...RUNS, numRuns: 1_000 },
  );
});

test.each([
  ["a kind of no message", 9, 77],
  ["a class that is not the kind's", 10, 3],
])("[TR6] a message with %s is refused", (_what, at, byte) => {
  const message = new Message(16, 1, "", "bob", 1, 90, "", { sdp: "v=0" });
  const piece = written((batch) => frames.writeRelay(batch, 5, message));
  expect(atNode(piece).fault).toBeUndefined();
  piece[at] = byte;
  expect(atNode(piece)).toEqual({ fault: "A frame of type 2 is not of its shape.", told: [] });
});

test("[TR6] JSON with a member missing, or nested without end, is refused", () => {
  const { roomId, ...rest } = JSON.parse(
    JSON.stringify({ ...joinOf("ada"), deadlineMs: undefined, remainingMs: 5, roomMax: "inf" }),
  ) as Record<string, unknown>;
  const rare = (value: string) =>
    atNode(written((batch) => frames.writeRare(batch, frames.FrameType.attach, 1, value)));
  expect(rare(JSON.stringify({ ...rest, roomId })).fault).toBeUndefined();
  expect(rare(JSON.stringify(rest)).fault).toBeDefined();
  expect(rare(JSON.stringify({ ...rest, roomId, last: "0" })).fault).toBeDefined();
  expect(rare("[".repeat(100_000)).fault).toBeDefined();
});

test("[TR7] a message to many edges is encoded once, and the deadline crosses as the time that is left", () => {
  let encodings = 0;
  const counted = {
    toJSON: () => {
      encodings++;
      return { text: "hello" };
    },
  };
  const message = new Message(28, 0, "ada", "", 0, 90, "", counted);
  const written3 = new frames.WrittenMessage();
  const pieces = [1, 2, 3].map((room) =>
    written((batch) => frames.writeMulticast(batch, room, -1, message, written3)),
  );
  expect(encodings).toBe(1);
  expect(new Set(pieces.map((piece) => piece.subarray(13).toString("hex"))).size).toBe(1);

  const asked = joinOf("ada", { deadlineMs: 5_400 });
  const piece = written((batch) => frames.writeAttach(batch, 1, asked, 5_000));
  expect(atNode(piece).told[0]![2]).toMatchObject({ deadlineMs: NOW_MS + 400 });
});

test("[TR5] pieces hold whole frames, however large and many they are", () => {
  const pieces: Buffer[] = [];
  const batch = new FrameBatch((piece) => pieces.push(piece));
  const sizes = [10, 70_000, 300, 200_000, ...Array.from({ length: 900 }, () => 200)];
  for (const size of sizes) {
    frames.writeRelay(batch, size, new Message(28, 1, "", "", 0, 9, "", { x: "é".repeat(size) }));
  }
  batch.flush();
  expect(pieces.length).toBeGreaterThan(4);
  const read = pieces.flatMap((piece) => {
    const { fault, told } = atNode(piece);
    expect(fault).toBeUndefined();
    return told.map(([, session, m]) => [session, ((m as Message).body as { x: string }).x.length]);
  });
  expect(read).toEqual(sizes.map((size) => [size, size]));
});
