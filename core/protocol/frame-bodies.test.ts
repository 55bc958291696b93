import { expect, test } from "vitest";
import { decodeClientFrame, decodeServerFrame, type ServerFrame } from "./codec.ts";
import { FrameError } from "./frame-error.ts";
import { PROTOCOL_LIMITS } from "./limits.ts";
import { Message } from "./message.ts";

const JOINED = {
  session: "s_1",
  you: "p",
  participants: [],
  epoch: 1_767_225_600_000,
  resume: { token: "r", windowMs: 60_000, graceMs: 15_000, bufferMax: 256 },
  ping: { everyMs: 15_000, timeoutMs: 5_000 },
  reconnect: { spreadMs: 12_500.5, capMs: 60_000 },
  node: "n3",
  region: "eu",
  media: "mesh",
};

function message(frame: unknown): Message {
  const result = decodeClientFrame(JSON.stringify(frame), 0, PROTOCOL_LIMITS);
  if (result instanceof FrameError) throw new Error(`${result.field} ${result.message}`);
  return result;
}

test("[CN5] null where a member is optional means absent", () => {
  const list = [{ candidate: "c", sdpMid: null, sdpMLineIndex: null, usernameFragment: null }];
  expect(message({ t: "candidate", to: "p", n: 1, d: { list } }).body).toEqual({
    list: [{ candidate: "c" }],
  });
  const d = { room: "a", token: "t", name: null, meta: null, caps: null, client: null };
  expect(message({ t: "join", id: null, d }).body).toEqual({ room: "a", token: "t", name: "" });
  expect(message({ t: "message", to: null, d: {} }).to).toBe("");
  expect(message({ t: "ping", d: { ts: null, ack: null } })).toMatchObject({
    n: 0,
    body: undefined,
  });
  expect(message({ t: "leave", d: null }).body).toBe(undefined);
  expect(message({ t: "ice-restart", to: "p", d: { reason: null } }).body).toBe(undefined);
});

test("[CN3] limits are configuration, and each set of them has readers of its own", () => {
  const tight = { ...PROTOCOL_LIMITS, sdpBytesMax: 4, roomIdBytesMax: 3 };
  const offer = '{"t":"offer","to":"p","n":1,"d":{"sdp":"v=0\\r\\n"}}';
  const join = '{"t":"join","d":{"room":"room","token":"t"}}';
  for (let turn = 0; turn < 2; turn++) {
    expect(decodeClientFrame(offer, 50, tight)).toMatchObject({
      code: "too_large",
      field: "d.sdp",
    });
    expect(decodeClientFrame(join, 50, tight)).toMatchObject({
      code: "too_large",
      field: "d.room",
    });
    expect(decodeClientFrame(offer, 50, PROTOCOL_LIMITS)).toBeInstanceOf(Message);
  }
});

test("[CN2] what a client may set, the others can read in a roster", () => {
  const state = JSON.parse(`{"k":${"[".repeat(30)}${"]".repeat(30)}}`) as object;
  expect(message({ t: "state", d: state }).body).toEqual(state);

  const person = { id: "p", name: "", state };
  const frame = (depth: number): string => `{"t":"message","d":{"a":${"[".repeat(depth - 2)}`;
  const joined = JSON.stringify({ t: "joined", d: { ...JOINED, participants: [person] } });
  expect(decodeServerFrame(joined, joined.length)).toMatchObject({
    message: { body: { participants: [person] } },
  });
  expect(decodeServerFrame(frame(265), 999)).toMatchObject({ message: "frame nests too deep" });
});

test.each<[string, Record<string, unknown>, string]>([
  [
    "joined without W",
    { t: "joined", d: { ...JOINED, reconnect: { capMs: 1 } } },
    "d.reconnect.spreadMs",
  ],
  [
    "joined without a resume token",
    { t: "joined", d: { ...JOINED, resume: {} } },
    "d.resume.token",
  ],
  [
    "joined with a nameless one",
    { t: "joined", d: { ...JOINED, participants: [{ id: "p" }] } },
    "d.participants.name",
  ],
  [
    "joined with a new kind of media",
    { t: "joined", d: { ...JOINED, media: "carrier" } },
    "d.media",
  ],
  [
    "joined with limits of text",
    { t: "joined", d: { ...JOINED, limits: { frameBytesMax: "64k" } } },
    "d.limits.frameBytesMax",
  ],
  [
    "joined with servers of no address",
    { t: "joined", d: { ...JOINED, ice: { servers: [{}], ttlMs: 1 } } },
    "d.ice.servers.urls",
  ],
  ["resumed in a new way", { t: "resumed", d: { ...JOINED, mode: "guess" } }, "d.mode"],
  ["pong with a number as token", { t: "pong", d: { ts: 1, token: 7 } }, "d.token"],
  [
    "pong with broken servers",
    { t: "pong", d: { ts: 1, ice: { servers: 1, ttlMs: 1 } } },
    "d.ice.servers",
  ],
  ["candidates of text", { t: "candidate", d: { list: ["c"] } }, "d.list"],
  ["an answer to nothing", { t: "ok", re: 0.5 }, "re"],
])("[CN12] a client refuses what it could not live with: %s", (_name, frame, field) => {
  const read = decodeServerFrame(JSON.stringify(frame), 0);
  expect(read).toMatchObject({ code: "bad_request", closeCode: 4001, field });
});

test("[CN12] a client takes what a later server adds", () => {
  const later = {
    t: "joined",
    d: { ...JOINED, ice: { servers: [{ urls: ["stun:a"], new: 1 }], ttlMs: 1 }, new: { a: 1 } },
  };
  const joined = decodeServerFrame(JSON.stringify(later), 0) as ServerFrame;
  expect(joined.message.body).toEqual(later.d);
  for (const frame of [
    { t: "error", d: { code: "new_code", message: "", retry: true } },
    { t: "participant-left", s: 4, d: { id: "p", reason: "abducted" } },
    { t: "pong", d: { ts: 1, spreadMs: 9.5, token: "r2", ice: { servers: [], ttlMs: 1 } } },
  ]) {
    const read = decodeServerFrame(JSON.stringify(frame), 0) as ServerFrame;
    expect(read.message.body).toEqual(frame.d);
  }
});
