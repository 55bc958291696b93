// How many bytes a message will be as a frame, without writing it.
//
// Queues and the simulated network need the size of a message that is never encoded, or not yet. What
// differs between recipients is counted at its typical length (a sequence number of four digits, an id
// of two); the rest is exact. A test holds every kind against the codec's real output.

import type { JoinedBody, LeftBody, ParticipantBody, PongBody, ResumedBody } from "./bodies.ts";
import { jsonBytes, jsonStringBytes } from "./json-shape.ts";
import { type Body, CLASS_OF_KIND, DeliveryClass, Kind, KIND_NAMES } from "./message.ts";

/** `{"t":""}` */
const ENVELOPE = 8;
/** `,"d":` */
const MEMBER_D = 5;
/** `"s":1234,` */
const SEQUENCE = 9;
/** `,"re":42` and `,"id":42` */
const NUMBER = 8;
/** `,"to":"p_123456","n":3` */
const ADDRESS = 22;
/** `,"d":{"ack":1234}` */
const HEARD = 17;

/** Bytes of a server-made frame of this kind and body. */
export function serverFrameBytes(kind: Kind, body: Body): number {
  let bytes = ENVELOPE + KIND_NAMES[kind].length;
  if (CLASS_OF_KIND[kind] === DeliveryClass.critical) bytes += SEQUENCE;
  if (kind === Kind.ok || kind === Kind.error) bytes += NUMBER;
  if (body === undefined) return bytes;
  return bytes + MEMBER_D + bodyBytes(kind, body);
}

/** The same for `joined` and `resumed` when the size of their participants is known already. */
export function welcomeFrameBytes(
  kind: Kind,
  body: JoinedBody | ResumedBody,
  participantsBytes: number,
): number {
  const { participants, ...rest } = body;
  const roster = participants === undefined ? 0 : 17 + participantsBytes; // ,"participants":[]
  return ENVELOPE + KIND_NAMES[kind].length + MEMBER_D + jsonBytes(rest) + roster;
}

/** Bytes of a client's frame of this kind and body. */
export function clientFrameBytes(kind: Kind, body: Body): number {
  let bytes = ENVELOPE + KIND_NAMES[kind].length;
  if (kind === Kind.ping || kind === Kind.ack) {
    if (body === undefined) return bytes + HEARD - (kind === Kind.ack ? 2 : 0);
    return bytes + MEMBER_D + jsonBytes(body);
  }
  if (kind === Kind.join || kind === Kind.resume) bytes += NUMBER;
  else if (CLASS_OF_KIND[kind] === DeliveryClass.critical && kind !== Kind.leave) bytes += NUMBER;
  if (kind >= Kind.offer && kind <= Kind.endOfCandidates) bytes += ADDRESS;
  return body === undefined ? bytes : bytes + MEMBER_D + jsonBytes(body);
}

/** Kinds that are made often have their own sum; it saves walking members by name. */
function bodyBytes(kind: Kind, body: object): number {
  switch (kind) {
    case Kind.joined:
    case Kind.resumed:
      return welcomeBytes(body as JoinedBody | ResumedBody);
    case Kind.participantJoined:
    case Kind.participantUpdated:
      return participantBytes(body as ParticipantBody);
    case Kind.participantLeft: {
      const { id, reason } = body as LeftBody;
      return 19 + jsonStringBytes(id) + reason.length; // {"id":,"reason":""}
    }
    case Kind.pong:
      return pongBytes(body as PongBody);
    default:
      return jsonBytes(body);
  }
}

function pongBytes(body: PongBody): number {
  const spread = body.spreadMs === undefined ? 0 : 12 + String(body.spreadMs).length;
  const token = body.token === undefined ? 0 : 11 + body.token.length;
  const ice = body.ice === undefined ? 0 : 7 + jsonBytes(body.ice);
  return 7 + String(body.ts).length + spread + token + ice; // {"ts":,"spreadMs":,"token":"","ice":}
}

/** Bytes of one participant as JSON. */
export function participantBytes(participant: ParticipantBody): number {
  const { id, name, meta, state, connection } = participant;
  let bytes = 15 + jsonStringBytes(id) + jsonStringBytes(name); // {"id":,"name":}
  if (meta !== undefined) bytes += 8 + jsonBytes(meta);
  if (state !== undefined) bytes += 9 + jsonBytes(state);
  if (connection !== undefined) bytes += 14 + jsonStringBytes(connection);
  return bytes;
}

/** The roster is most of it, and is summed by hand. */
function welcomeBytes(body: JoinedBody | ResumedBody): number {
  const { participants, ...rest } = body;
  if (participants === undefined) return jsonBytes(rest);
  let bytes = jsonBytes(rest) + 17; // ,"participants":[]
  for (const participant of participants) bytes += participantBytes(participant) + 1;
  return participants.length === 0 ? bytes : bytes - 1;
}
