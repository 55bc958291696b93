// What a client may put into `d`, kind by kind: parsed into a fresh body, or refused with the member.
//
// Nothing is taken over that is not named here: unknown members are ignored, free-form values
// (`meta`, `state`, application data) are bounded in size and may not carry `__proto__`. `null` where a
// member is optional means absent, since browsers write it so (RTCIceCandidate.toJSON).

import type { CandidateBody, JoinBody, ResumeBody, SdpBody } from "./bodies.ts";
import { codePoints, isHarmless, jsonBytes, utf8Bytes } from "./json-shape.ts";
import { PARTICIPANT_ID_PATTERN, type ProtocolLimits, ROOM_ID_PATTERN } from "./limits.ts";
import { type Body, Kind } from "./message.ts";

/** Largest candidate line, bytes. Assumed: real ones stay below 300. */
const CANDIDATE_BYTES_MAX = 1_024;
/** Names of capabilities and state keys. Assumed. */
const WORD_PATTERN = /^[A-Za-z0-9._-]{1,64}$/;
const CAPS_MAX = 32;
const CLIENT_NAME_MAX = 128;
const REASON_MAX = 128;
/** Largest number that fits the typed columns the machines keep. */
const INTEGER_MAX = 0x7fff_ffff;

/** Thrown and caught inside the codec only: the member that is wrong, and how. */
export class BadField {
  readonly field: string;
  readonly rule: string;
  readonly isTooLarge: boolean;

  constructor(field: string, rule: string, isTooLarge = false) {
    this.field = field;
    this.rule = rule;
    this.isTooLarge = isTooLarge;
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A whole number from `min` on that fits 31 bits; `fallback` when absent. */
export function integer(value: unknown, field: string, min: number, fallback?: number): number {
  if ((value === undefined || value === null) && fallback !== undefined) return fallback;
  if (
    typeof value === "number" &&
    Number.isInteger(value) &&
    value >= min &&
    value <= INTEGER_MAX
  ) {
    return value;
  }
  throw new BadField(field, "must be a whole number in range");
}

function matching(value: unknown, pattern: RegExp, field: string): string {
  if (typeof value === "string" && pattern.test(value)) return value;
  throw new BadField(field, "must be an identifier");
}

/** The recipient: a participant id, or "sfu". "" when absent and not needed. */
export function recipient(value: unknown, isNeeded: boolean): string {
  if ((value === undefined || value === null || value === "") && !isNeeded) return "";
  return matching(value, PARTICIPANT_ID_PATTERN, "to");
}

function text(value: unknown, field: string, bytesMax: number): string {
  if (typeof value !== "string") throw new BadField(field, "must be text");
  // A unit is one byte at least and three at most: the length alone settles most.
  const isSurelyShort = value.length * 3 <= bytesMax;
  if (!isSurelyShort && (value.length > bytesMax || utf8Bytes(value) > bytesMax)) {
    throw new BadField(field, "is too long", true);
  }
  return value;
}

function optionalText(value: unknown, field: string, bytesMax: number): string | undefined {
  return value === undefined || value === null ? undefined : text(value, field, bytesMax);
}

function freeForm<Value>(value: Value, field: string, bytesMax: number): Value {
  if (jsonBytes(value) > bytesMax) throw new BadField(field, "is too large", true);
  if (!isHarmless(value)) throw new BadField(field, "must not have a member called __proto__");
  return value;
}

/** The body of a frame of this kind. Throws `BadField`. */
export function clientBody(kind: Kind, d: unknown, limits: ProtocolLimits): Body {
  switch (kind) {
    case Kind.join:
      return joinBody(needed(d), limits);
    case Kind.resume:
      return resumeBody(needed(d), limits);
    case Kind.offer:
    case Kind.answer:
      return sdpBody(needed(d), limits);
    case Kind.candidate:
      return candidateBody(needed(d), limits);
    case Kind.iceRestart:
    case Kind.leave:
      return reasonBody(d);
    case Kind.state:
      return freeForm(needed(d), "d", limits.stateBytesMax);
    case Kind.speaking:
      return speakingBody(needed(d));
    case Kind.quality:
    case Kind.cursor:
    case Kind.appVolatile:
      return freeForm(needed(d), "d", limits.volatileBytesMax);
    case Kind.message:
      return freeForm(needed(d), "d", limits.messageBytesMax);
    default:
      return undefined;
  }
}

function needed(d: unknown): JsonObject {
  if (isObject(d)) return d;
  throw new BadField("d", "must be an object");
}

function joinBody(d: JsonObject, limits: ProtocolLimits): JoinBody {
  const name = optionalText(d["name"], "d.name", limits.nameCodePointsMax * 4) ?? "";
  const length = codePoints(name);
  if (length === Infinity) throw new BadField("d.name", "must be well-formed text");
  if (length > limits.nameCodePointsMax) throw new BadField("d.name", "is too long", true);
  const meta = d["meta"] ?? undefined;
  const caps = d["caps"] ?? undefined;
  const client = optionalText(d["client"], "d.client", CLIENT_NAME_MAX);
  return {
    room: roomId(d["room"], limits),
    token: text(d["token"], "d.token", limits.tokenBytesMax),
    name,
    ...(meta === undefined ? {} : { meta: freeForm(meta, "d.meta", limits.metaBytesMax) }),
    ...(caps === undefined ? {} : { caps: capabilities(caps) }),
    ...(client === undefined ? {} : { client }),
  };
}

function roomId(value: unknown, limits: ProtocolLimits): string {
  const id = matching(value, ROOM_ID_PATTERN, "d.room");
  if (id.length > limits.roomIdBytesMax) throw new BadField("d.room", "is too long", true);
  return id;
}

function capabilities(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length > CAPS_MAX)
    throw new BadField("d.caps", "must be a short list");
  return value.map((word: unknown) => matching(word, WORD_PATTERN, "d.caps"));
}

function resumeBody(d: JsonObject, limits: ProtocolLimits): ResumeBody {
  return {
    room: roomId(d["room"], limits),
    token: text(d["token"], "d.token", limits.tokenBytesMax),
    session: matching(d["session"], PARTICIPANT_ID_PATTERN, "d.session"),
    last: integer(d["last"], "d.last", 0),
  };
}

function sdpBody(d: JsonObject, limits: ProtocolLimits): SdpBody {
  const sdp = text(d["sdp"], "d.sdp", limits.sdpBytesMax);
  return d["restart"] === true ? { sdp, restart: true } : { sdp };
}

function candidateBody(d: JsonObject, limits: ProtocolLimits): CandidateBody {
  const list = d["list"];
  if (!Array.isArray(list) || list.length === 0) throw new BadField("d.list", "must be a list");
  if (list.length > limits.candidatesPerMessageMax)
    throw new BadField("d.list", "is too long", true);
  return { list: list.map(iceCandidate) };
}

function iceCandidate(value: unknown): CandidateBody["list"][number] {
  if (!isObject(value)) throw new BadField("d.list", "must hold candidates");
  const sdpMid = optionalText(value["sdpMid"], "d.list.sdpMid", 64);
  const line = value["sdpMLineIndex"] ?? undefined;
  const fragment = optionalText(value["usernameFragment"], "d.list.usernameFragment", 256);
  return {
    candidate: text(value["candidate"], "d.list.candidate", CANDIDATE_BYTES_MAX),
    ...(sdpMid === undefined ? {} : { sdpMid }),
    ...(line === undefined ? {} : { sdpMLineIndex: integer(line, "d.list.sdpMLineIndex", 0) }),
    ...(fragment === undefined ? {} : { usernameFragment: fragment }),
  };
}

function reasonBody(d: unknown): { readonly reason: string } | undefined {
  if (!isObject(d)) return undefined;
  const reason = optionalText(d["reason"], "d.reason", REASON_MAX);
  return reason === undefined ? undefined : { reason };
}

function speakingBody(d: JsonObject): { readonly on: boolean; readonly level?: number } {
  const { on } = d;
  if (typeof on !== "boolean") throw new BadField("d.on", "must be true or false");
  const level = d["level"] ?? undefined;
  if (level === undefined) return { on };
  if (typeof level !== "number" || level < 0 || level > 1)
    throw new BadField("d.level", "must be 0 to 1");
  return { on, level };
}

/** The one key of a `state`: one message, one key, because keys are what later values replace. */
export function stateKey(body: Body): string {
  const keys = body === undefined ? [] : Object.keys(body);
  if (keys.length === 1 && WORD_PATTERN.test(keys[0])) return keys[0];
  throw new BadField("d", "must have exactly one member, named by a word");
}
