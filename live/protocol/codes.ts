// What close codes and error codes mean to whoever writes a client, and what he is to do.
//
// The types make sure that none is forgotten: a code that core gets is a code that must be explained here.

import { CloseCode, type ErrorCode } from "../../core/protocol/limits.ts";

export interface CodeAdvice {
  readonly when: string;
  readonly then: string;
}

export const CLOSE_ADVICE: Readonly<Record<keyof typeof CloseCode, CodeAdvice>> = {
  normal: { when: "the client said `leave`", then: "nothing: this is the end" },
  badFrame: {
    when: "a frame was no frame: not JSON, no object, no `t`, too deep, binary, or not UTF-8",
    then: "stop and report a bug",
  },
  tooLarge: { when: "a frame was larger than the limit", then: "stop and report a bug" },
  unsupportedVersion: {
    when: "the client did not offer the subprotocol",
    then: "stop: another version is spoken here",
  },
  unauthorized: { when: "the join token is not good", then: "stop, or join with another token" },
  tokenExpired: { when: "the join token is over", then: "get a new token, then join" },
  forbidden: { when: "the token is for another room", then: "stop" },
  kicked: { when: "somebody put the client out", then: "stop" },
  busy: {
    when: "there is no room for another socket, or tokens cannot be verified now",
    then: "dial again by the schedule, not before the `retryAfterMs` of the `error` before it",
  },
  internal: { when: "the server's own fault", then: "dial again by the schedule" },
  authTimeout: {
    when: "neither `join` nor `resume` came in time",
    then: "dial again by the schedule",
  },
  draining: {
    when: "this edge goes, and closes its sockets one by one",
    then: "dial again within 500 ms and resume",
  },
  heartbeatTimeout: {
    when: "nothing was heard of the client",
    then: "dial by the schedule, resume",
  },
  redirect: { when: "not used in this version", then: "dial again by the schedule" },
  resumeRejected: {
    when: "not used in this version: the `error` of that name comes instead",
    then: "forget the session, dial by the schedule, join",
  },
  slow: {
    when: "the client read too slowly for too long",
    then: "dial after 1 to 5 s, drawn evenly, and resume",
  },
  replaced: {
    when: "another socket took over this session, or this participant joined anew",
    then: "stop: another tab or device is in",
  },
  rateLimited: {
    when: "too many frames that were refused",
    then: "dial after 5 s and a draw from W, and resume",
  },
};

/** In the order of the codes. */
export function closeCodes(): readonly (CodeAdvice & { code: number; name: string })[] {
  const entries = Object.entries(CloseCode) as [keyof typeof CloseCode, CloseCode][];
  return entries.map(([name, code]) => ({ code, name: spelled(name), ...CLOSE_ADVICE[name] }));
}

/** As the reason of the close frame has it. */
function spelled(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export const ERROR_ADVICE: Readonly<Record<ErrorCode, CodeAdvice>> = {
  bad_request: {
    when: "a member is missing or wrong: `field` says which",
    then: "do not send it again",
  },
  unknown_type: { when: "clients do not send this type", then: "do not send it again" },
  too_large: { when: "a member is over its limit: `field` says which", then: "send less" },
  unauthorized: { when: "the join token was refused; 4010 or 4011 follows", then: "see the code" },
  forbidden: { when: "the join token is for another room; 4013 follows", then: "stop" },
  no_such_peer: { when: "the recipient is not in the room", then: "forget that peer" },
  room_full: { when: "the room has as many as the token allows", then: "leave: tell the person" },
  busy: {
    when: "no room, or too many at once; the socket stays",
    then: "send the same `join` or `resume` again on this socket after `retryAfterMs`",
  },
  rate_limited: {
    when: "too many messages; this one was not taken",
    then: "send it again under a new `id`, not before `retryAfterMs`; then one at a time",
  },
  resume_rejected: {
    when: "the session is no more: `reason` says why; the socket stays",
    then: "forget the session and `join` at once on this socket",
  },
  not_joined: {
    when: "sent before the client was in, or just when its node was lost",
    then: "keep it, and send it again after the next `joined` or `resumed`",
  },
  duplicate: { when: "`join` or `resume` on a connection that is in", then: "ignore" },
  internal: { when: "the server's own fault", then: "send it again by the schedule" },
};

export const LIMIT_MEANINGS = {
  frameBytesMax: "one frame, bytes",
  unauthenticatedBytesMax: "one frame before the client is in, bytes",
  sdpBytesMax: "`sdp` of an offer or answer, bytes",
  metaBytesMax: "`meta` of a join, bytes of JSON",
  stateBytesMax: "body of `state`, bytes of JSON",
  volatileBytesMax: "body of `quality`, `cursor` and `app-volatile`, bytes of JSON",
  messageBytesMax: "body of `message`, bytes of JSON",
  roomIdBytesMax: "room id, bytes",
  nameCodePointsMax: "`name` of a join, code points",
  tokenBytesMax: "a token, bytes",
  candidatesPerMessageMax: "candidates in one message",
  nestingDepthMax: "levels of objects and lists in a frame",
} as const;
