// Frames as they are, one or more of each kind: for the description, and for the pages that show them. A test decodes them all.

import type { JsonMembers } from "../../core/protocol/schema/json-schema.ts";

export interface Example {
  readonly name: string;
  readonly frame: JsonMembers;
}

const SDP = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
const CANDIDATE = {
  candidate: "candidate:1 1 udp 2122260223 192.0.2.7 50004 typ host",
  sdpMid: "0",
  sdpMLineIndex: 0,
  usernameFragment: "EsAw",
};
const RESUME = {
  token: "v1.Zm9yLXlvdQ.c2VhbGVk",
  windowMs: 60_000,
  graceMs: 15_000,
  bufferMax: 256,
};
const RECONNECT = { spreadMs: 12_500, capMs: 60_000 };
const ADA = { id: "p_ada", name: "Ada" };
const BOB = { id: "p_bob", name: "Bob", state: { mute: { audio: true } } };
const ICE = {
  servers: [
    { urls: ["stun:turn.example.com:3478"] },
    {
      urls: ["turn:turn.example.com:3478?transport=udp"],
      username: "1767225600:p_ada",
      credential: "nQ3K8pV1m0sTg6f9uYc2xR4e7hI=",
    },
  ],
  ttlMs: 3_600_000,
};
const LIMITS = {
  frameBytesMax: 65_536,
  sdpBytesMax: 49_152,
  metaBytesMax: 4_096,
  stateBytesMax: 1_024,
  messageBytesMax: 8_192,
  candidatesPerMessageMax: 64,
};

const one = (name: string, frame: JsonMembers): readonly Example[] => [{ name, frame }];

export const CLIENT_EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  join: one("Ada enters a room", {
    t: "join",
    d: {
      room: "standup-42",
      token: "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
      name: "Ada",
      client: "web/1.4",
    },
  }),
  resume: one("back after number 413", {
    t: "resume",
    d: { room: "standup-42", session: "n3.1767225600000.17", token: RESUME.token, last: 413 },
  }),
  ping: one("number 413 was received", { t: "ping", d: { ts: 123_456, ack: 413 } }),
  ack: one("number 445 was received", { t: "ack", d: { s: 445 } }),
  leave: one("the person hung up", { t: "leave", d: { reason: "hung up" } }),
  offer: one("the first offer of a pair", {
    t: "offer",
    id: 1,
    to: "p_bob",
    n: 1,
    d: { sdp: SDP },
  }),
  answer: one("the answer to offer 1", { t: "answer", id: 1, to: "p_ada", n: 1, d: { sdp: SDP } }),
  candidate: one("one candidate", {
    t: "candidate",
    id: 2,
    to: "p_bob",
    n: 1,
    d: { list: [CANDIDATE] },
  }),
  "end-of-candidates": one("that was all", { t: "end-of-candidates", id: 3, to: "p_bob", n: 1 }),
  "ice-restart": one("the polite side asks", { t: "ice-restart", id: 4, to: "p_ada" }),
  state: one("the camera is off", { t: "state", d: { mute: { audio: false, video: true } } }),
  speaking: one("one begins to speak", { t: "speaking", d: { on: true, level: 0.4 } }),
  quality: one("a bad line", { t: "quality", d: { rttMs: 340, lossRatio: 0.04 } }),
  cursor: one("a pointer", { t: "cursor", d: { x: 0.31, y: 0.72 } }),
  "app-volatile": one("somebody types", { t: "app-volatile", d: { typing: true } }),
  message: [
    { name: "to the room", frame: { t: "message", id: 5, d: { text: "hello" } } },
    { name: "to one", frame: { t: "message", id: 6, to: "p_bob", d: { text: "psst" } } },
  ],
};

const ENTRANCE_EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  hello: one("the first frame", {
    t: "hello",
    d: { server: "edge-1", proto: 1, authTimeoutMs: 5_000 },
  }),
  joined: one("Ada is in, Bob was there", {
    t: "joined",
    d: {
      session: "n3.1767225600000.17",
      you: "p_ada",
      participants: [BOB, ADA],
      epoch: 1_767_225_600_000,
      resume: RESUME,
      ping: { everyMs: 15_000, timeoutMs: 5_000 },
      reconnect: RECONNECT,
      node: "n3",
      region: "eu-west",
      media: "mesh",
      limits: LIMITS,
      ice: ICE,
    },
  }),
  resumed: [
    {
      name: "replay of two messages",
      frame: {
        t: "resumed",
        d: {
          mode: "replay",
          from: 414,
          to: 415,
          epoch: 1_767_225_600_000,
          resume: RESUME,
          reconnect: RECONNECT,
          node: "n3",
          media: "mesh",
        },
      },
    },
    {
      name: "snapshot on another node",
      frame: {
        t: "resumed",
        d: {
          mode: "snapshot",
          reason: "moved",
          s: 0,
          participants: [ADA],
          epoch: 1_767_225_700_000,
          resume: RESUME,
          reconnect: RECONNECT,
          node: "n1",
          media: "mesh",
        },
      },
    },
  ],
  ok: one("message 5 is taken", { t: "ok", re: 5 }),
  error: [
    {
      name: "too many messages",
      frame: {
        t: "error",
        re: 7,
        d: { code: "rate_limited", message: "too many messages", retry: true, retryAfterMs: 120 },
      },
    },
    {
      name: "the session is over",
      frame: {
        t: "error",
        d: {
          code: "resume_rejected",
          message: "the session cannot be resumed",
          retry: false,
          reason: "expired",
        },
      },
    },
  ],
  pong: [
    { name: "nothing new", frame: { t: "pong", d: { ts: 123_456 } } },
    {
      name: "with a fresh token and credentials",
      frame: { t: "pong", d: { ts: 0, spreadMs: 16_000, token: "v1.bmV3ZXI.c2VhbGVk", ice: ICE } },
    },
  ],
};

export const SERVER_EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  ...ENTRANCE_EXAMPLES,
  "participant-joined": one("Eve enters", {
    s: 1,
    t: "participant-joined",
    d: { id: "p_eve", name: "Eve" },
  }),
  "participant-left": one("Eve's grace ended", {
    s: 9,
    t: "participant-left",
    d: { id: "p_eve", reason: "timeout" },
  }),
  "participant-updated": one("Bob's connection is lost", {
    t: "participant-updated",
    from: "p_bob",
    d: { ...BOB, connection: "reconnecting" },
  }),
  sync: one("Bob's microphone is off by now", { t: "sync", d: { participants: [BOB] } }),
  offer: one("Bob offers", {
    s: 2,
    t: "offer",
    id: 1,
    from: "p_bob",
    n: 2,
    d: { sdp: SDP, restart: true },
  }),
  answer: one("Bob answers", { s: 3, t: "answer", id: 2, from: "p_bob", n: 1, d: { sdp: SDP } }),
  candidate: one("one candidate of Bob's", {
    s: 4,
    t: "candidate",
    id: 3,
    from: "p_bob",
    n: 1,
    d: { list: [CANDIDATE] },
  }),
  "end-of-candidates": one("Bob has no more", {
    s: 5,
    t: "end-of-candidates",
    id: 4,
    from: "p_bob",
    n: 1,
  }),
  "ice-restart": one("Bob asks", { s: 6, t: "ice-restart", id: 5, from: "p_bob" }),
  sfu: one("media lives here", {
    s: 7,
    t: "sfu",
    d: { id: "sfu-3", url: "wss://sfu-3.example.com", token: "c2Z1LXRva2Vu" },
  }),
  state: one("Bob's camera is off", { t: "state", from: "p_bob", d: { mute: { video: true } } }),
  speakers: one("two speak", {
    t: "speakers",
    d: {
      list: [
        { id: "p_bob", level: 0.5 },
        { id: "p_eve", level: 1 },
      ],
    },
  }),
  quality: one("Bob's line", { t: "quality", from: "p_bob", d: { rttMs: 340 } }),
  cursor: one("Bob points", { t: "cursor", from: "p_bob", d: { x: 0.31, y: 0.72 } }),
  "app-volatile": one("Bob types", { t: "app-volatile", from: "p_bob", d: { typing: true } }),
  message: one("Bob says something", {
    s: 8,
    t: "message",
    id: 6,
    from: "p_bob",
    d: { text: "hello" },
  }),
  throttled: one("three lost, two merged", {
    t: "throttled",
    d: { scope: "queue", level: 1, dropped: 3, merged: 2, retryAfterMs: 2_000 },
  }),
  drain: one("come back in 1.2 s", {
    t: "drain",
    d: { deadlineMs: 30_000, reconnectAfterMs: 1_234 },
  }),
};
