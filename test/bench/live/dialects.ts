// What is said to each server, and how its frames are told apart without reading them.
//
// Ours and the raw `ws` server are spoken to in the same frames; socket.io has the same words in its own envelope
// (engine.io 4 over WebSocket: `42["message",…]`, answers `43<id>[…]`).

import { clientFrame } from "./wire.ts";

/** What a frame is to the generator. */
export const Heard = {
  other: 0,
  /** The server is ready to be asked. */
  hello: 1,
  joined: 2,
  /** Somebody entered the room. */
  entered: 3,
  /** Something a peer said: to the room, or to this one. */
  said: 4,
  /** Something one said was served. */
  ok: 5,
  error: 6,
  /** The server asks whether one is there. */
  ping: 7,
} as const;
export type Heard = (typeof Heard)[keyof typeof Heard];

export interface Dialect {
  readonly path: string;
  readonly subprotocol: string;
  /** Said right after the upgrade, if anything. */
  readonly greeting: Buffer | undefined;
  hear(bytes: Buffer, from: number, to: number): Heard;
  /** The number of a frame that has one, else 0. */
  numberOf(bytes: Buffer, from: number): number;
  join(room: string, name: string, token: string): Buffer;
  /** To everybody else in the room; `id` above 0 is answered. */
  message(id: number): Buffer;
  /** To everybody else in the room, never answered. */
  state(): Buffer;
  /** To one; `id` above 0 is answered. */
  candidate(to: string, id: number): Buffer;
  /** A heartbeat, if it is the client's to send; `ack` is what it has of the numbered frames. */
  ping(ack: number): Buffer;
  /** That one has so many of the numbered frames: clients say so after every `ACK_EVERY`. */
  ack(s: number): Buffer;
}

/** As our client does it (core/client/signaling-client.ts). */
export const ACK_EVERY = 32;

/** A chat line of ordinary length: some 200 bytes as a frame. */
const TEXT = "x".repeat(140);
/** A candidate as browsers write them. */
const CANDIDATE = {
  candidate:
    "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 10.0.17.1 rport 46154 generation 0 ufrag EEtu network-cost 999",
  sdpMid: "0",
  sdpMLineIndex: 0,
};
const LIST = JSON.stringify({ list: [CANDIDATE] });

const member = (id: number): string => (id > 0 ? `,"id":${id}` : "");

/** `"t":"…"` by its first letters; at most a number stands before it. */
const WORDS: readonly (readonly [string, Heard])[] = [
  ["message", Heard.said],
  ["state", Heard.said],
  ["candidate", Heard.said],
  ["ok", Heard.ok],
  ["participant-joined", Heard.entered],
  ["joined", Heard.joined],
  ["hello", Heard.hello],
  ["error", Heard.error],
  ["throttled", Heard.error],
];

function startsWith(bytes: Buffer, at: number, word: string): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word.charCodeAt(i)) return false;
  return true;
}

function heardAs(bytes: Buffer, at: number): Heard {
  for (const [word, heard] of WORDS) if (startsWith(bytes, at, word)) return heard;
  return Heard.other;
}

const COMMA = 0x2c;
const ZERO = 0x30;
const S = 0x73;

/** Frames of rtcsig.v1. */
export const plainDialect: Dialect = {
  path: "/v1/signal",
  subprotocol: "rtcsig.v1",
  greeting: undefined,
  hear(bytes, from) {
    const type = bytes[from + 2] === S ? bytes.indexOf(COMMA, from) + 1 : from + 1;
    return heardAs(bytes, type + '"t":"'.length);
  },
  numberOf(bytes, from) {
    if (bytes[from + 2] !== S) return 0;
    let s = 0;
    for (let at = from + '{"s":'.length; bytes[at] !== COMMA; at++) s = s * 10 + bytes[at]! - ZERO;
    return s;
  },
  join: (room, name, token) =>
    clientFrame(`{"t":"join","id":1,"d":{"room":"${room}","token":"${token}","name":"${name}"}}`),
  message: (id) => clientFrame(`{"t":"message"${member(id)},"d":{"text":"${TEXT}"}}`),
  state: () => clientFrame(`{"t":"state","d":{"status":"${TEXT}"}}`),
  candidate: (to, id) =>
    clientFrame(`{"t":"candidate"${member(id)},"to":"${to}","n":1,"d":${LIST}}`),
  ping: (ack) => clientFrame(`{"t":"ping","d":{"ts":1,"ack":${ack}}}`),
  ack: (s) => clientFrame(`{"t":"ack","d":{"s":${s}}}`),
};

const TWO = 0x32;
const THREE = 0x33;
const FOUR = 0x34;
const OPEN_BRACKET = 0x5b;

/** The default namespace of socket.io 4. */
export const socketIoDialect: Dialect = {
  path: "/socket.io/?EIO=4&transport=websocket",
  subprotocol: "",
  greeting: clientFrame("40"),
  hear(bytes, from, to) {
    if (bytes[from] === TWO) return Heard.ping;
    if (bytes[from] !== FOUR || to - from < 2) return Heard.other;
    if (bytes[from + 1] === THREE) return Heard.ok;
    if (bytes[from + 1] === TWO) {
      return heardAs(bytes, bytes.indexOf(OPEN_BRACKET, from) + '["'.length);
    }
    return bytes[from + 1] === ZERO ? Heard.hello : Heard.other;
  },
  numberOf: () => 0,
  join: (room, name, token) =>
    clientFrame(`42["join",{"room":"${room}","token":"${token}","name":"${name}"}]`),
  message: (id) => clientFrame(`42${id > 0 ? id : ""}["message",{"text":"${TEXT}"}]`),
  state: () => clientFrame(`42["state",{"status":"${TEXT}"}]`),
  candidate: (to, id) =>
    clientFrame(`42${id > 0 ? id : ""}["candidate",{"to":"${to}","n":1,"d":${LIST}}]`),
  ping: () => clientFrame("3"),
  ack: () => clientFrame("3"), // Nothing is numbered, so nobody says it.
};
