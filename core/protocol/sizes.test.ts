import { expect, test } from "vitest";
import type { JoinedBody, ParticipantBody } from "./bodies.ts";
import { encodeClientFrame, encodeServerFrame } from "./codec.ts";
import { utf8Bytes } from "./json-shape.ts";
import { type Body, CLASS_OF_KIND, DeliveryClass, Kind, KIND_NAMES, Message } from "./message.ts";
import { clientFrameBytes, participantBytes, serverFrameBytes } from "./sizes.ts";

function people(count: number): ParticipantBody[] {
  return Array.from({ length: count }, (_, i) => {
    const person = { id: `p_${1_000 + i}`, name: i % 3 === 0 ? "Zoë Ångström" : "Ada" };
    if (i % 4 === 0) return { ...person, state: { mute: { audio: true, video: false } } };
    if (i % 5 === 0)
      return { ...person, meta: { color: "#ff0", n: 1.5 }, connection: "reconnecting" };
    return person;
  });
}

const resume = { token: "x".repeat(180), windowMs: 60_000, graceMs: 15_000, bufferMax: 256 };
const reconnect = { spreadMs: 12_500, capMs: 60_000 };
const sfu = { id: "sfu-3", url: "wss://sfu-3.example.org/v1", token: "y".repeat(120) };

function joined(count: number): JoinedBody {
  return {
    session: "s_9f8e7d6c5b4a",
    you: "p_1000",
    participants: people(count),
    epoch: 17,
    resume,
    ping: { everyMs: 15_000, timeoutMs: 5_000 },
    reconnect,
    node: "n3",
    region: "eu-west",
    media: "sfu",
    sfu,
  };
}

const SERVER_MADE: readonly (readonly [string, Kind, Body])[] = [
  ["hello", Kind.hello, { server: "edge-7", proto: 1, authTimeoutMs: 5_000 }],
  ["joined alone", Kind.joined, joined(0)],
  ["joined with 1", Kind.joined, joined(1)],
  ["joined with 12", Kind.joined, joined(12)],
  ["joined with 500", Kind.joined, joined(500)],
  [
    "resumed replay",
    Kind.resumed,
    { mode: "replay", from: 413, to: 430, epoch: 17, resume, reconnect, node: "n3" },
  ],
  [
    "resumed snapshot",
    Kind.resumed,
    {
      mode: "snapshot",
      reason: "moved",
      s: 900,
      participants: people(7),
      epoch: 1,
      resume,
      reconnect,
      node: "n3",
    },
  ],
  ["participant-joined", Kind.participantJoined, people(1)[0]],
  ["participant-left", Kind.participantLeft, { id: "p_1017", reason: "timeout" }],
  ["ok", Kind.ok, undefined],
  ["ok stale", Kind.ok, { stale: true }],
  [
    "error",
    Kind.error,
    { code: "rate_limited", message: "over the budget", retry: true, retryAfterMs: 120 },
  ],
  ["pong", Kind.pong, { ts: 0 }],
  ["pong with W", Kind.pong, { ts: 123_456, spreadMs: 12_500 }],
  [
    "speakers",
    Kind.speakers,
    {
      list: [
        { id: "p_1001", level: 0.5 },
        { id: "p_1002", level: 1 },
      ],
    },
  ],
  ["sfu", Kind.sfu, sfu],
  ["drain", Kind.drain, { deadlineMs: 30_000, reconnectAfterMs: 1_234 }],
  [
    "throttled",
    Kind.throttled,
    { scope: "queue", level: 1, dropped: 3, merged: 2, retryAfterMs: 2_000 },
  ],
];

test.each(SERVER_MADE)(
  "[CN9] the estimate of %s is within 10 %% of the frame",
  (_name, kind, body) => {
    const isCritical = CLASS_OF_KIND[kind] === DeliveryClass.critical;
    const re = kind === Kind.ok || kind === Kind.error ? 42 : 0;
    const frame = encodeServerFrame(
      new Message(kind, re, "", "", 0, 0, "", body),
      isCritical ? 412 : 0,
    );

    const estimate = serverFrameBytes(kind, body);
    expect(Math.abs(estimate / utf8Bytes(frame) - 1)).toBeLessThan(0.1);
  },
);

const CLIENT_MADE: readonly (readonly [string, Kind, Body, number])[] = [
  ["join", Kind.join, { room: "standup-42", token: "t".repeat(300), name: "Zoë" }, 1],
  [
    "resume",
    Kind.resume,
    { room: "standup-42", token: "t".repeat(180), session: "s_1", last: 412 },
    1,
  ],
  ["ping", Kind.ping, undefined, 0],
  ["ping with ts", Kind.ping, { ts: 123_456, ack: 412 }, 0],
  ["ack", Kind.ack, undefined, 0],
  ["leave", Kind.leave, undefined, 0],
  ["offer", Kind.offer, { sdp: "v=0\r\n".repeat(300) }, 12],
  ["end of candidates", Kind.endOfCandidates, undefined, 12],
];

test.each(CLIENT_MADE)(
  "[CN9] the estimate of a client's %s is within 10 %% of it",
  (_name, kind, body, id) => {
    const isToPeer = kind >= Kind.offer;
    const n = isToPeer ? 3 : 412;
    const message = new Message(kind, id, "", isToPeer ? "p_100200" : "", n, 0, "", body);

    const estimate = clientFrameBytes(kind, body);
    expect(Math.abs(estimate / utf8Bytes(encodeClientFrame(message)) - 1)).toBeLessThan(0.1);
  },
);

test("[CN9] a participant's size is exact", () => {
  for (const person of people(21)) {
    expect(participantBytes(person)).toBe(utf8Bytes(JSON.stringify(person)));
  }
  expect(KIND_NAMES[Kind.joined]).toBe("joined");
});
