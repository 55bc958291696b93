// What the server says, kind by kind, and what of it a client insists on.
//
// The server is trusted more than a client is: sizes are not checked again, values of a later version pass where a client can
// live with them ("x-known"), members that are not named pass too. What is required must be there, since nobody looks again.

import { ERROR_CODES, WORD_PATTERN } from "../limits.ts";
import { Kind } from "../message.ts";
import { type FrameSchema, SERVER_ENVELOPE } from "./frames.ts";
import {
  count,
  duration,
  flag,
  free,
  list,
  number,
  record,
  type RecordSchema,
  text,
} from "./schema.ts";
import { JOINED, PARTICIPANT_MEMBERS, PONG, RESUMED, SFU_MEMBERS } from "./welcomes.ts";

const { s, from, re, id: sendersId, n } = SERVER_ENVELOPE;
const numbered = { "s?": s };
const answering = { "re?": re };
/** What somebody else in the room said. */
const relayed = { "from?": from, "id?": sendersId };
const negotiated = { ...numbered, ...relayed, "n?": n };
const applications = free("what the sender gave", "object");

/** What the server sends. */
export const SERVER_FRAMES: readonly FrameSchema[] = [
  ...sessionFrames(),
  ...presenceFrames(),
  ...negotiationFrames(),
  ...roomFrames(),
  ...noticeFrames(),
];

function sessionFrames(): readonly FrameSchema[] {
  const hello = record("who speaks", {
    server: text("the edge, for people who look for faults"),
    proto: count("version of the protocol: 1"),
    authTimeoutMs: duration("join or resume within this"),
  });
  const error = record("what went wrong", {
    code: text("what kind of fault", { "x-known": ERROR_CODES }),
    message: text("one sentence for people"),
    retry: flag("whether the same may succeed later"),
    "retryAfterMs?": duration("not before this"),
    "field?": text("path of the member that is wrong, such as `d.sdp`"),
    "reason?": text("of `resume_rejected`", {
      "x-known": ["expired", "unknown", "replaced", "left"],
    }),
  });
  return [
    said(Kind.hello, "Greets every socket at once.", {}, hello),
    said(Kind.joined, "The client is in, with a new session.", {}, JOINED),
    said(Kind.resumed, "The client is back in its session.", {}, RESUMED),
    may(
      Kind.ok,
      "The message with this `id` is in the room's log and on its way to its recipients.",
      answering,
      free("nothing yet", "object"),
    ),
    said(Kind.error, "A message, a join or a resume was not accepted.", answering, error),
    said(Kind.pong, "Answers a ping.", {}, PONG),
  ];
}

function presenceFrames(): readonly FrameSchema[] {
  const left = record("who, and why", {
    id: text("participant id"),
    reason: text("why", { "x-known": ["left", "timeout", "kicked", "node-lost", "replaced"] }),
  });
  const { id, "meta?": meta, "state?": state, "connection?": connection } = PARTICIPANT_MEMBERS;
  const updated = record("the participant as it is now", {
    id,
    "name?": PARTICIPANT_MEMBERS.name,
    "meta?": meta,
    "state?": state,
    "connection?": connection,
  });
  return [
    said(
      Kind.participantJoined,
      "Somebody entered the room.",
      numbered,
      record("participant", PARTICIPANT_MEMBERS),
    ),
    said(Kind.participantLeft, "Somebody is not in the room any more.", numbered, left),
    said(
      Kind.participantUpdated,
      "Somebody's connection was lost or is back. Not numbered.",
      { "from?": from },
      updated,
    ),
    said(
      Kind.sync,
      "After a replay: those whose state or connection changed meanwhile, as they are now.",
      {},
      record("changes", {
        participants: list("whole participants", record("participant", PARTICIPANT_MEMBERS)),
      }),
    ),
  ];
}

function negotiationFrames(): readonly FrameSchema[] {
  const description = record("session description", {
    sdp: text("the description"),
    "restart?": flag("ICE restarts with it", { nullable: true }),
  });
  const line = (what: string) => text(what, { nullable: true });
  const candidate = record("as RTCPeerConnection.addIceCandidate takes it", {
    candidate: text("candidate line"),
    "sdpMid?": line("media stream by its mid"),
    "sdpMLineIndex?": number("media stream by its place", { nullable: true }),
    "usernameFragment?": line("ICE generation"),
  });
  const candidates = record("candidates", { list: list("candidates", candidate) });
  const reason = record("reason", { "reason?": line("why") });
  return [
    said(Kind.offer, "A peer's offer.", negotiated, description),
    said(Kind.answer, "A peer's answer to the offer of the same `n`.", negotiated, description),
    said(Kind.candidate, "A peer's candidates.", negotiated, candidates),
    {
      kind: Kind.endOfCandidates,
      summary: "A peer has no more candidates for the description of this `n`.",
      members: negotiated,
      d: undefined,
      isBodyNeeded: false,
    },
    may(
      Kind.iceRestart,
      "A peer asks for an offer that restarts ICE.",
      { ...numbered, ...relayed },
      reason,
    ),
    said(
      Kind.sfu,
      "Where media lives from now on.",
      numbered,
      record("the media server", SFU_MEMBERS),
    ),
  ];
}

function roomFrames(): readonly FrameSchema[] {
  const state = free("one member: the key and its value", "object", {
    "x-oneMember": WORD_PATTERN.source,
  });
  const speaker = record("who speaks, and how loud", {
    id: text("participant id"),
    level: number("0 to 1"),
  });
  const speakers = record("the loudest", { list: list("empty when nobody speaks", speaker) });
  return [
    said(Kind.state, "Somebody set one of his values.", relayed, state),
    said(Kind.speakers, "Who speaks now, at most five; at most two per second.", {}, speakers),
    may(Kind.quality, "Quality of somebody's connection.", relayed, applications),
    may(Kind.cursor, "Where somebody points, now.", relayed, applications),
    may(Kind.appVolatile, "Somebody's data of this moment.", relayed, applications),
    may(
      Kind.message,
      "A message of somebody's application.",
      { ...numbered, ...relayed },
      applications,
    ),
  ];
}

function noticeFrames(): readonly FrameSchema[] {
  const throttled = record("what this client did not get", {
    scope: text("where", { "x-known": ["connection", "room", "node", "queue"] }),
    level: count("pressure, 0 (none) to 3"),
    dropped: count("droppable messages since the last notice"),
    merged: count("coalescable messages since the last notice"),
    retryAfterMs: duration("how long it lasts at least"),
  });
  const drain = record("when to come back", {
    deadlineMs: duration("within which everybody concerned comes back"),
    reconnectAfterMs: duration("exactly when this client resumes, on this socket"),
    "url?": text("where, when not here"),
  });
  return [
    said(Kind.throttled, "The client reads too slowly.", {}, throttled),
    said(
      Kind.drain,
      "The room's node is going or gone: resume at this time, on this socket.",
      {},
      drain,
    ),
  ];
}

type Members = FrameSchema["members"];

function said(
  kind: Kind,
  summary: string,
  members: Members,
  d: RecordSchema | typeof applications,
) {
  return { kind, summary, members, d, isBodyNeeded: true };
}

function may(kind: Kind, summary: string, members: Members, d: RecordSchema | typeof applications) {
  return { kind, summary, members, d, isBodyNeeded: false };
}
