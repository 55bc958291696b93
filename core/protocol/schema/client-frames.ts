// What a client may say, kind by kind.

import {
  PARTICIPANT_ID_PATTERN,
  type ProtocolLimits,
  ROOM_ID_PATTERN,
  WORD_PATTERN,
} from "../limits.ts";
import { Kind } from "../message.ts";
import { type FrameSchema, ID, NEGOTIATION, TO_PEER, TO_ROOM } from "./frames.ts";
import { flag, free, list, number, record, type RecordSchema, text, whole } from "./schema.ts";

/** Largest candidate line, bytes. Assumed: real ones stay below 300. */
const CANDIDATE_BYTES_MAX = 1_024;
const SDP_MID_BYTES_MAX = 64;
const UFRAG_BYTES_MAX = 256; // RFC 8839 §5.4.
const CAPS_MAX = 32;
const CLIENT_NAME_BYTES_MAX = 128;
const REASON_BYTES_MAX = 128;

/** What clients send, with these limits. */
export function clientFrames(limits: ProtocolLimits): readonly FrameSchema[] {
  return [...sessionFrames(limits), ...negotiationFrames(limits), ...roomFrames(limits)];
}

function sessionFrames(limits: ProtocolLimits): readonly FrameSchema[] {
  return [
    needed(
      Kind.join,
      "Enters a room with a new session. Answered by `joined` or `error`.",
      joinBody(limits),
    ),
    needed(
      Kind.resume,
      "Comes back to a session. Answered by `resumed` or `error`.",
      resumeBody(limits),
    ),
    {
      kind: Kind.ping,
      summary: "Says that the client lives, and what it has received. Answered by `pong`.",
      members: {},
      d: record(
        "sign of life",
        {
          "ts?": number("the client's clock, in any unit: comes back unchanged", {
            nullable: true,
          }),
          "ack?": whole("last `s` received, 0 for none", 0, { nullable: true }),
        },
        { nullable: true, "x-faultOfWhole": true },
      ),
      isBodyNeeded: false,
    },
    {
      kind: Kind.ack,
      summary: "Says what the client has received, between pings. Not answered.",
      members: {},
      d: record(
        "acknowledgement",
        { "s?": whole("last `s` received", 0, { nullable: true }) },
        { nullable: true, "x-faultOfWhole": true },
      ),
      isBodyNeeded: false,
    },
    {
      kind: Kind.leave,
      summary: "Ends the session for good. The server closes with 1000.",
      members: {},
      d: reasonBody("why, for the record"),
      isBodyNeeded: false,
    },
  ];
}

function negotiationFrames(limits: ProtocolLimits): readonly FrameSchema[] {
  const peer = { "id?": ID, to: TO_PEER, n: NEGOTIATION };
  const sdp = record("session description", {
    sdp: text("the description, passed on unread", { "x-maxBytes": limits.sdpBytesMax }),
    "restart?": flag("ICE restarts with it", { nullable: true }),
  });
  return [
    {
      kind: Kind.offer,
      summary: "Offers a session description to one peer.",
      members: peer,
      d: sdp,
      isBodyNeeded: true,
    },
    {
      kind: Kind.answer,
      summary: "Answers the offer of the same `n`.",
      members: peer,
      d: sdp,
      isBodyNeeded: true,
    },
    {
      kind: Kind.candidate,
      summary: "ICE candidates for the description of this `n`, gathered for up to 50 ms.",
      members: peer,
      d: candidateBody(limits),
      isBodyNeeded: true,
    },
    {
      kind: Kind.endOfCandidates,
      summary: "No more candidates for the description of this `n`.",
      members: peer,
      d: undefined,
      isBodyNeeded: false,
    },
    {
      kind: Kind.iceRestart,
      summary: "Asks the peer, who offers, for an offer that restarts ICE.",
      members: { "id?": ID, to: TO_PEER },
      d: reasonBody("why"),
      isBodyNeeded: false,
    },
  ];
}

function roomFrames(limits: ProtocolLimits): readonly FrameSchema[] {
  const volatile = (what: string) =>
    free(what, "object", { "x-maxJsonBytes": limits.volatileBytesMax, "x-harmless": true });
  return [
    needed(
      Kind.state,
      "Sets one of one's own values; the last one counts, and later joiners see it.",
      free("one member: the key and its value", "object", {
        "x-maxJsonBytes": limits.stateBytesMax,
        "x-harmless": true,
        "x-oneMember": WORD_PATTERN.source,
      }),
    ),
    needed(
      Kind.speaking,
      "Says whether one speaks. The room hears `speakers`.",
      record("speaking", {
        on: flag("whether one speaks"),
        "level?": number("how loud", {
          minimum: 0,
          maximum: 1,
          nullable: true,
          "x-says": "must be 0 to 1",
        }),
      }),
    ),
    needed(
      Kind.quality,
      "Quality of one's own connection.",
      volatile("the application's own members"),
    ),
    needed(Kind.cursor, "Where one points, now.", volatile("the application's own members")),
    needed(
      Kind.appVolatile,
      "Anything else that is worth nothing a moment later.",
      volatile("the application's own members"),
    ),
    {
      kind: Kind.message,
      summary: "A message of the application, to the room or to one in it.",
      members: { "id?": ID, "to?": TO_ROOM },
      d: free("the application's own members", "object", {
        "x-maxJsonBytes": limits.messageBytesMax,
        "x-harmless": true,
      }),
      isBodyNeeded: true,
    },
  ];
}

function needed(kind: Kind, summary: string, d: FrameSchema["d"]): FrameSchema {
  return { kind, summary, members: {}, d, isBodyNeeded: true };
}

function roomId(limits: ProtocolLimits) {
  const maxLength = limits.roomIdBytesMax;
  return text("room id", { pattern: ROOM_ID_PATTERN.source, maxLength });
}

function joinBody(limits: ProtocolLimits): RecordSchema {
  const word = text("word", { pattern: WORD_PATTERN.source });
  return record("who enters which room", {
    room: roomId(limits),
    token: text("join token: a JWT", { "x-maxBytes": limits.tokenBytesMax }),
    "name?": text("name that the others see", {
      maxLength: limits.nameCodePointsMax,
      "x-wellFormed": true,
      nullable: true,
      default: "",
    }),
    "meta?": free("what else the others see; the application's own", "any", {
      nullable: true,
      "x-maxJsonBytes": limits.metaBytesMax,
      "x-harmless": true,
    }),
    "caps?": list("what the client can do beyond this version; none is defined yet", word, {
      maxItems: CAPS_MAX,
      nullable: true,
      "x-says": "must be a short list",
    }),
    "client?": text("name and version of the client program", {
      "x-maxBytes": CLIENT_NAME_BYTES_MAX,
      nullable: true,
    }),
  });
}

function resumeBody(limits: ProtocolLimits): RecordSchema {
  return record("which session, and what of it was received", {
    room: roomId(limits),
    token: text("resume token: the newest of `joined`, `resumed` and `pong`", {
      "x-maxBytes": limits.tokenBytesMax,
    }),
    session: text("`session` of `joined`", { pattern: PARTICIPANT_ID_PATTERN.source }),
    last: whole("last `s` received, 0 for none", 0),
  });
}

function candidateBody(limits: ProtocolLimits): RecordSchema {
  const candidate = record(
    "as RTCIceCandidate.toJSON gives it",
    {
      candidate: text("candidate line", { "x-maxBytes": CANDIDATE_BYTES_MAX }),
      "sdpMid?": text("media stream by its mid", {
        "x-maxBytes": SDP_MID_BYTES_MAX,
        nullable: true,
      }),
      "sdpMLineIndex?": whole("media stream by its place", 0, { nullable: true }),
      "usernameFragment?": text("ICE generation", {
        "x-maxBytes": UFRAG_BYTES_MAX,
        nullable: true,
      }),
    },
    { "x-says": "must hold candidates" },
  );
  return record("candidates", {
    list: list("candidates", candidate, { minItems: 1, maxItems: limits.candidatesPerMessageMax }),
  });
}

function reasonBody(what: string): RecordSchema {
  return record(
    "reason",
    { "reason?": text(what, { "x-maxBytes": REASON_BYTES_MAX, nullable: true }) },
    { nullable: true },
  );
}
