import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decodeClientFrame,
  decodeServerFrame,
  encodeClientFrame,
  encodeServerFrame,
  encodeShared,
  type ServerFrame,
  unauthenticated,
  withSequence,
} from "./codec.ts";
import { FrameError } from "./frame-error.ts";
import { PROTOCOL_LIMITS } from "./limits.ts";
import { type Body, DeliveryClass, Kind, KIND_NAMES, Message } from "./message.ts";

function decoded(text: string, byteLength = text.length): Message | FrameError {
  return decodeClientFrame(text, byteLength, PROTOCOL_LIMITS);
}

function message(frame: unknown): Message {
  const result = decoded(JSON.stringify(frame));
  if (result instanceof FrameError) throw new Error(`${result.field} ${result.message}`);
  return result;
}

function error(frame: unknown): FrameError {
  const result = decoded(typeof frame === "string" ? frame : JSON.stringify(frame));
  if (result instanceof FrameError) return result;
  throw new Error(`decoded ${KIND_NAMES[result.kind]}`);
}

test("[CN1] an offer carries its recipient, numbers and description", () => {
  const text = '{"t":"offer","id":7,"to":"p_bob","n":3,"d":{"sdp":"v=0","restart":true},"x":1}';
  const offer = decoded(text, 90) as Message;

  expect(offer).toMatchObject({ kind: Kind.offer, id: 7, to: "p_bob", n: 3, bytes: 90, from: "" });
  expect(offer.deliveryClass).toBe(DeliveryClass.critical);
  expect(offer.body).toEqual({ sdp: "v=0", restart: true });
});

test.each([
  ["no JSON", "{"],
  ["empty", ""],
  ["a number", "42"],
  ["null", "null"],
  ["a list", '[{"t":"ping"}]'],
  ["no type", '{"id":1}'],
  ["a type that is no text", '{"t":9}'],
])("[CN2] a frame that is no frame closes with 4001: %s", (_name, text) => {
  expect(error(text)).toMatchObject({ fatal: true, closeCode: 4001, re: 0 });
});

test("[CN2] a frame that nests too deep is a bad frame and is never parsed", () => {
  const deep = (depth: number): string => {
    return `{"t":"message","d":{"a":${"[".repeat(depth - 2)}${"]".repeat(depth - 2)}}}`;
  };

  expect(decoded(deep(32))).toBeInstanceOf(Message);
  expect(error(deep(33))).toMatchObject({ closeCode: 4001 });
  expect(error(`{"t":"message","d":${"[".repeat(50_000)}`)).toMatchObject({ closeCode: 4001 });
});

test("[CN3] a frame over the limit closes with 4002, before authentication at 4 KiB", () => {
  const ping = '{"t":"ping"}';

  expect(decodeClientFrame(ping, 65_536, PROTOCOL_LIMITS)).toBeInstanceOf(Message);
  expect(decodeClientFrame(ping, 65_537, PROTOCOL_LIMITS)).toMatchObject({ closeCode: 4002 });
  const small = unauthenticated(PROTOCOL_LIMITS);
  expect(decodeClientFrame(ping, 4_096, small)).toBeInstanceOf(Message);
  expect(decodeClientFrame(ping, 4_097, small)).toMatchObject({ closeCode: 4002, fatal: true });
});

test.each(["subscribe", "joined", "hello", "ok", "constructor", "__proto__", "", "Offer"])(
  "[CN6] a type clients do not send is answered and not fatal: %s",
  (t) => {
    expect(error({ t, id: 9, d: {} })).toMatchObject({ code: "unknown_type", fatal: false, re: 9 });
  },
);

const long = (count: number): string => "x".repeat(count);
const candidates = (count: number): object[] => {
  return Array.from({ length: count }, () => ({
    candidate: "candidate:1 1 udp 1 10.0.0.1 9 typ host",
  }));
};

test.each<[string, Record<string, unknown>, string]>([
  ["id below 1", { t: "leave", id: 0 }, "id"],
  ["id beyond 31 bits", { t: "leave", id: 2_147_483_648 }, "id"],
  ["id with a fraction", { t: "leave", id: 1.5 }, "id"],
  ["id as text", { t: "leave", id: "7" }, "id"],
  ["offer to nobody", { t: "offer", n: 1, d: { sdp: "" } }, "to"],
  ["offer to a bad id", { t: "offer", to: "p bob", n: 1, d: { sdp: "" } }, "to"],
  ["offer without n", { t: "offer", to: "p", d: { sdp: "" } }, "n"],
  ["offer with n 0", { t: "offer", to: "p", n: 0, d: { sdp: "" } }, "n"],
  ["offer without d", { t: "offer", to: "p", n: 1 }, "d"],
  ["offer without sdp", { t: "offer", to: "p", n: 1, d: {} }, "d.sdp"],
  ["join without room", { t: "join", d: { token: "t" } }, "d.room"],
  ["join with a bad room", { t: "join", d: { room: "a/b", token: "t" } }, "d.room"],
  ["join with a room of a line feed", { t: "join", d: { room: "a\n", token: "t" } }, "d.room"],
  ["join without token", { t: "join", d: { room: "a" } }, "d.token"],
  [
    "join with half a character",
    { t: "join", d: { room: "a", token: "t", name: "\ud83d" } },
    "d.name",
  ],
  ["join with caps as text", { t: "join", d: { room: "a", token: "t", caps: "x" } }, "d.caps"],
  [
    "resume with last below 0",
    { t: "resume", d: { room: "a", token: "t", session: "s", last: -1 } },
    "d.last",
  ],
  ["resume without session", { t: "resume", d: { room: "a", token: "t", last: 1 } }, "d.session"],
  ["no candidates", { t: "candidate", to: "p", n: 1, d: { list: [] } }, "d.list"],
  ["candidates as text", { t: "candidate", to: "p", n: 1, d: { list: ["c"] } }, "d.list"],
  [
    "candidate line",
    { t: "candidate", to: "p", n: 1, d: { list: [{ candidate: "", sdpMLineIndex: "0" }] } },
    "d.list.sdpMLineIndex",
  ],
  ["state of two keys", { t: "state", d: { mute: {}, hand: true } }, "d"],
  ["state of no key", { t: "state", d: {} }, "d"],
  ["state with a key that is no word", { t: "state", d: { "a b": 1 } }, "d"],
  ["speaking without on", { t: "speaking", d: { level: 1 } }, "d.on"],
  ["speaking louder than 1", { t: "speaking", d: { on: true, level: 1.1 } }, "d.level"],
  ["message to a bad id", { t: "message", to: 7, d: {} }, "to"],
  ["message that is a list", { t: "message", d: [1] }, "d"],
  ["ack with a fraction", { t: "ack", d: { s: 0.5 } }, "d"],
  [
    "restart that is no flag",
    { t: "offer", to: "p", n: 1, d: { sdp: "", restart: 1 } },
    "d.restart",
  ],
  ["ping with a time as text", { t: "ping", d: { ts: "now" } }, "d"],
  ["ping with a list", { t: "ping", d: [1] }, "d"],
  ["ack of a number", { t: "ack", d: 7 }, "d"],
  ["leave with a text", { t: "leave", d: "bye" }, "d"],
  ["leave with a number as reason", { t: "leave", d: { reason: 7 } }, "d.reason"],
])("[CN4] a wrong member is answered with its path: %s", (_name, frame, field) => {
  expect(error({ id: 5, ...frame })).toMatchObject({ code: "bad_request", fatal: false, field });
  if (!("id" in frame)) expect(error({ id: 5, ...frame }).re).toBe(5);
});

test.each<[string, Record<string, unknown>, string, boolean]>([
  ["sdp at its limit", { t: "offer", to: "p", n: 1, d: { sdp: long(49_152) } }, "", true],
  ["sdp", { t: "offer", to: "p", n: 1, d: { sdp: long(49_153) } }, "d.sdp", false],
  ["sdp in bytes", { t: "offer", to: "p", n: 1, d: { sdp: "é".repeat(24_577) } }, "d.sdp", false],
  [
    "name at its limit",
    { t: "join", d: { room: "a", token: "t", name: "😀".repeat(128) } },
    "",
    true,
  ],
  ["name", { t: "join", d: { room: "a", token: "t", name: "é".repeat(129) } }, "d.name", false],
  ["token", { t: "join", d: { room: "a", token: long(4_097) } }, "d.token", false],
  ["meta at its limit", { t: "join", d: { room: "a", token: "t", meta: long(4_094) } }, "", true],
  ["meta", { t: "join", d: { room: "a", token: "t", meta: long(4_095) } }, "d.meta", false],
  ["state", { t: "state", d: { k: long(1_024) } }, "d", false],
  ["cursor", { t: "cursor", d: { k: long(1_024) } }, "d", false],
  ["message at its limit", { t: "message", d: { k: long(8_184) } }, "", true],
  ["message", { t: "message", d: { k: long(8_185) } }, "d", false],
  ["64 candidates", { t: "candidate", to: "p", n: 1, d: { list: candidates(64) } }, "", true],
  [
    "65 candidates",
    { t: "candidate", to: "p", n: 1, d: { list: candidates(65) } },
    "d.list",
    false,
  ],
])("[CN3] sizes have limits: %s", (_name, frame, field, isFine) => {
  if (isFine) expect(message(frame)).toBeInstanceOf(Message);
  else expect(error(frame)).toMatchObject({ code: "too_large", fatal: false, field });
});

test("[CN5] unknown members are ignored and never reach a machine", () => {
  const join = message({ t: "join", x: 1, d: { room: "a", token: "t", admin: true, name: null } });

  expect(join.body).toEqual({ room: "a", token: "t", name: "" });
  expect(Object.keys(join.body ?? {})).toEqual(["room", "token", "name"]);
});

test("[CN5] __proto__ changes no prototype and is refused where data is free", () => {
  const join = decoded(
    '{"t":"join","__proto__":{"id":7},"d":{"room":"a","token":"t","__proto__":{"name":"x"}}}',
  );
  expect(join).toMatchObject({ id: 0, body: { room: "a", name: "" } });
  expect(error('{"t":"state","d":{"__proto__":{"a":1}}}')).toMatchObject({ code: "bad_request" });
  expect(error('{"t":"message","d":{"a":[{"__proto__":1}]}}')).toMatchObject({ field: "d" });
  expect(error('{"t":"join","d":{"room":"a","token":"t","meta":{"__proto__":1}}}').field).toBe(
    "d.meta",
  );

  expect(({} as Record<string, unknown>)["a"]).toBe(undefined);
});

test("[CN7] what has been heard travels as a number in ping and ack", () => {
  expect(message({ t: "ping", d: { ts: 5, ack: 412 } })).toMatchObject({ n: 412, body: { ts: 5 } });
  expect(message({ t: "ping" })).toMatchObject({ n: 0, body: undefined });
  expect(message({ t: "ack", d: { s: 413 } })).toMatchObject({ kind: Kind.ack, n: 413 });
  const ping = new Message(Kind.ping, 0, "", "", 31, 0, "", undefined);
  expect(encodeClientFrame(ping)).toBe('{"t":"ping","d":{"ack":31}}');
});

test("[CN7] a state is keyed by its one member, and a bare key is a flag", () => {
  expect(message({ t: "state", d: { mute: { audio: true } } })).toMatchObject({
    key: "mute",
    body: { mute: { audio: true } },
  });
  const hand = new Message(Kind.state, 0, "", "", 0, 0, "hand", undefined);
  expect(encodeClientFrame(hand)).toBe('{"t":"state","d":{"hand":true}}');
});

test("[CN8] the sequence number stands in front of what all recipients share", () => {
  const left = new Message(Kind.participantLeft, 0, "", "", 0, 0, "", {
    id: "p_1",
    reason: "left",
  });
  const shared = encodeShared(left);

  expect(withSequence(shared, 412)).toBe(
    '{"s":412,"t":"participant-left","d":{"id":"p_1","reason":"left"}}',
  );
  expect(withSequence(shared, 7)).toBe(encodeServerFrame(left, 7));
  const pong = new Message(Kind.pong, 0, "", "", 0, 0, "", { ts: 0 });
  expect(encodeServerFrame(pong, 0)).toBe('{"t":"pong","d":{"ts":0}}');
  const ok = new Message(Kind.ok, 7, "", "", 0, 0, "", undefined);
  expect(encodeServerFrame(ok, 0)).toBe('{"t":"ok","re":7}');
});

test("[CN6] a client ignores types it does not know, and refuses what is no frame", () => {
  expect(decodeServerFrame('{"t":"hologram","d":7}', 22)).toBe(undefined);
  expect(decodeServerFrame('{"t":"joined","d":{"session":"s"}}', 9)).toMatchObject({
    field: "d.you",
  });
  expect(decodeServerFrame('{"s":-1,"t":"ok"}', 9)).toMatchObject({ field: "s" });
  expect(decodeServerFrame('{"t":"drain"}', 9)).toMatchObject({ field: "d", fatal: true });
  expect(decodeServerFrame("nonsense", 9)).toMatchObject({ closeCode: 4001 });
  expect(decodeServerFrame('{"t":"pong","d":{"new":1}}', 9)).toMatchObject({ s: 0 });
});

// ---- properties ---------------------------------------------------------------------------------

const id = fc.stringMatching(/^[A-Za-z0-9._:@-]{1,20}$/);
const text = fc.string({ unit: "binary", maxLength: 40 });
const free = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.jsonValue({ maxDepth: 3 }), {
  maxKeys: 4,
});
const small = free.filter((value) => JSON.stringify(value).length < 250); // ≤ 1 KiB in UTF-8.
const int = fc.integer({ min: 1, max: 0x7fff_ffff });

const peerBody = fc.oneof(
  fc.record({ kind: fc.constantFrom(Kind.offer, Kind.answer), body: fc.record({ sdp: text }) }),
  fc.record({ kind: fc.constant(Kind.endOfCandidates), body: fc.constant(undefined) }),
  fc.record({
    kind: fc.constant(Kind.candidate),
    body: fc.record({
      list: fc.array(
        fc.record(
          { candidate: text, sdpMid: fc.constant("0"), sdpMLineIndex: fc.nat(9) },
          { requiredKeys: ["candidate"] },
        ),
        { minLength: 1, maxLength: 5 },
      ),
    }),
  }),
);

const roomBody = fc.oneof(
  fc.record({
    kind: fc.constantFrom(Kind.message, Kind.cursor, Kind.quality, Kind.appVolatile),
    body: small,
  }),
  fc.record({ kind: fc.constant(Kind.speaking), body: fc.record({ on: fc.boolean() }) }),
);

test("[CN1] what a client writes is what the server reads", () => {
  const peer = fc.tuple(peerBody, id, int, int).map(([{ kind, body }, to, n, re]) => {
    return new Message(kind, re, "", to, n, 0, "", body);
  });
  const room = fc.tuple(roomBody, int).map(([{ kind, body }, re]) => {
    return new Message(kind, re, "", "", 0, 0, "", body as Body);
  });
  fc.assert(
    fc.property(fc.oneof(peer, room), (sent) => {
      expect(decoded(encodeClientFrame(sent), 0)).toEqual(sent);
    }),
    { seed: 21, numRuns: 300 },
  );
});

test("[CN1] what a server writes is what the client reads", () => {
  fc.assert(
    fc.property(fc.oneof(peerBody, roomBody), id, int, fc.nat(9_999), (value, from, n, s) => {
      const isNumbered = value.kind >= Kind.offer && value.kind <= Kind.endOfCandidates;
      const sent = new Message(
        value.kind,
        7,
        from,
        "",
        isNumbered ? n : 0,
        0,
        "",
        value.body as Body,
      );
      const frame = decodeServerFrame(encodeServerFrame(sent, s), 0) as ServerFrame;
      expect(frame.message).toEqual(sent);
      expect(frame.s).toBe(s);
    }),
    { seed: 22, numRuns: 300 },
  );
});

test("[CN2] no text makes the codec throw", () => {
  const types = fc.constantFrom(...KIND_NAMES);
  const frame = fc
    .record(
      {
        t: types,
        id: fc.jsonValue(),
        to: fc.oneof(id, fc.jsonValue()),
        n: fc.oneof(int, fc.jsonValue()),
        s: fc.jsonValue(),
        from: fc.jsonValue(),
        d: fc.oneof(
          fc.jsonValue(),
          fc.dictionary(
            fc.constantFrom(
              "room",
              "token",
              "sdp",
              "list",
              "on",
              "last",
              "participants",
              "__proto__",
            ),
            fc.jsonValue(),
          ),
        ),
      },
      { requiredKeys: ["t"] },
    )
    .map((value) => JSON.stringify(value));
  const cut = fc.tuple(frame, fc.nat(200)).map(([whole, at]) => whole.slice(0, at));
  fc.assert(
    fc.property(fc.oneof(frame, cut, fc.string({ unit: "binary" })), (whole) => {
      const client = decoded(whole);
      expect(client instanceof Message || client instanceof FrameError).toBe(true);
      const server = decodeServerFrame(whole, whole.length);
      if (server !== undefined && !(server instanceof FrameError)) {
        expect(server.message).toBeInstanceOf(Message);
      }
    }),
    { seed: 23, numRuns: 1_000 },
  );
});
