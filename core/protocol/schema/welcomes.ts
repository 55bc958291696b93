// What a client is told when it is in, and afterwards to stay in: `joined`, `resumed`, `pong`, and what they are made of.

import { count, duration, free, list, number, record, type RecordSchema, text } from "./schema.ts";

/** Somebody in the room. */
export const PARTICIPANT_MEMBERS = {
  id: text("participant id: `sub` of the token"),
  name: text("name; empty when none was given"),
  "meta?": free("`meta` of the join", "any"),
  "state?": free("values that were set, by key", "object"),
  "connection?": text("there while the connection is lost and may come back", {
    "x-known": ["reconnecting"],
  }),
};

const participants = list(
  "everybody in the room, perhaps with oneself",
  record("participant", PARTICIPANT_MEMBERS),
);

export const SFU_MEMBERS = {
  id: text("another one means: the media move, begin a new peer connection"),
  url: text("where media lives"),
  token: text("what the media server asks for"),
};

const sfu = record(
  "where media lives; absent in mesh rooms and until one is allocated",
  SFU_MEMBERS,
);

const media = text('"mesh": clients offer to each other; "sfu": they offer to the media server', {
  enum: ["sfu", "mesh"],
});

const ice = record("ICE servers; absent when none are configured", {
  servers: list(
    "as RTCConfiguration.iceServers takes them",
    record("server", {
      urls: list("addresses", text("stun:, turn: or turns: URL")),
      "username?": text("of a TURN server: holds the time of its end"),
      "credential?": text("of a TURN server"),
    }),
  ),
  ttlMs: duration("worth this long from now"),
});

const resume = record("how to come back", {
  token: text("resume token, opaque; the newest counts"),
  windowMs: duration("the session is kept for this long without a socket"),
  graceMs: duration("the others see the client for this long without a socket"),
  bufferMax: count("messages that are kept to be replayed"),
});

const reconnect = record("when to come back without being told", {
  spreadMs: duration("W: the first attempt is uniform over this window"),
  capMs: duration("the widest window of later attempts"),
});

const ping = record("heartbeat", {
  everyMs: duration("from ping to ping"),
  timeoutMs: duration("without any frame for this long after a ping, the server is lost"),
});

const bytes = (what: string) => count(`largest ${what}, bytes`);

const limits = record("what the client must keep to", {
  frameBytesMax: bytes("frame"),
  sdpBytesMax: bytes("session description"),
  metaBytesMax: bytes("`meta`, as JSON"),
  stateBytesMax: bytes("body of `state`, as JSON"),
  messageBytesMax: bytes("body of `message`, as JSON"),
  candidatesPerMessageMax: count("most candidates in one message"),
});

const epoch = count("life of the room's node: grows when it is another one");

export const JOINED: RecordSchema = record("the room, and what to know from now on", {
  session: text("session id: for `resume`"),
  you: text("one's own participant id"),
  participants,
  epoch,
  resume,
  ping,
  reconnect,
  node: text("the room's node, for people who look for faults"),
  region: text("where the edge stands"),
  media,
  "limits?": limits,
  "ice?": ice,
  "sfu?": sfu,
});

export const RESUMED: RecordSchema = record("how the session goes on", {
  mode: text("replay: what was missed follows; snapshot: the room as it is now", {
    enum: ["replay", "snapshot"],
  }),
  "reason?": text("of a snapshot: why no replay", { "x-known": ["gap", "epoch", "moved"] }),
  "from?": count("of a replay: first `s` that follows"),
  "to?": count("of a replay: last `s` that follows; below `from` when nothing was missed"),
  "s?": count("of a snapshot: the number after which the session goes on"),
  "participants?": { ...participants, description: "of a snapshot: everybody in the room" },
  epoch,
  resume,
  reconnect,
  node: text("the room's node"),
  media,
  "sfu?": sfu,
  "ice?": ice,
});

export const PONG: RecordSchema = record("what is new", {
  "ts?": number("`ts` of the ping, 0 when it had none"),
  "spreadMs?": duration("W, when it changed by more than a quarter"),
  "token?": text("a fresh resume token: takes the place of the last one"),
  "ice?": { ...ice, description: "fresh ICE servers and credentials, with a fresh token" },
});
