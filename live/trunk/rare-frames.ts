// What trunks carry as JSON: joins and what becomes of them, and the orphans of a dead node.
//
// The peer has proved that it is one of ours, but it may be of another release, or broken: every member is checked and what is
// read is built anew (bus/shape.ts). Absent and unlimited have no value in JSON: the one is left out, the other written as "inf".

import type { SfuBody } from "../../core/protocol/bodies.ts";
import { isDeeperThan, isHarmless } from "../../core/protocol/json-shape.ts";
import type {
  AttachGrant,
  AttachRequest,
  OrphanRoom,
  Refusal,
  ResumeClaims,
} from "../../core/trunk.ts";
import { orphanRoom, participant } from "../bus/bus-codec.ts";
import {
  amount,
  anyJson,
  anyText,
  list,
  MISFIT,
  oneOf,
  record,
  type Shape,
  whole,
} from "../bus/shape.ts";

/** Deepest nesting. Bodies are at most 32 deep (protocol); they stand in a participant, in a list, in a room, in a list. */
export const NESTING_MAX = 40;

const resumeClaims = record<ResumeClaims>({
  sessionId: anyText,
  roomId: anyText,
  participantId: anyText,
  name: anyText,
  nodeId: anyText,
  incarnation: whole,
  session: whole,
  rotation: whole,
  expectedSize: amount,
  validUntilMs: amount,
});

interface WrittenRequest extends Omit<AttachRequest, "deadlineMs" | "meta" | "resume"> {
  readonly meta?: unknown;
  readonly resume?: ResumeClaims;
  /** Until the deadline. */
  readonly remainingMs: number;
}

const request = record<WrittenRequest>(
  {
    roomId: anyText,
    participantId: anyText,
    name: anyText,
    meta: anyJson,
    region: anyText,
    expectedSize: amount,
    roomMax: amount,
    as: oneOf("home", "host", "previous", "candidate"),
    refusedBy: list(anyText),
    remainingMs: amount,
    resume: resumeClaims,
    last: whole,
  },
  "meta",
  "resume",
);

export function requestText(asked: AttachRequest, nowMs: number): string {
  const { deadlineMs, resume, ...rest } = asked;
  const remainingMs = Math.max(0, deadlineMs - nowMs);
  const written: WrittenRequest = { ...rest, remainingMs };
  return textOf(request, resume === undefined ? written : { ...written, resume });
}

export function readRequest(text: string, nowMs: number): AttachRequest | undefined {
  const read = valueOf(request, text);
  if (read === undefined) return undefined;
  const { remainingMs, meta, resume, ...rest } = read;
  return { ...rest, meta, resume, deadlineMs: nowMs + remainingMs };
}

const sfu = record<SfuBody>({ id: anyText, url: anyText, token: anyText });

interface WrittenGrant extends Omit<AttachGrant, "reason" | "sfu"> {
  readonly reason?: "gap" | "epoch" | "moved";
  readonly sfu?: SfuBody;
}

const grant = record<WrittenGrant>(
  {
    session: whole,
    room: whole,
    roomId: anyText,
    sessionId: anyText,
    rotation: whole,
    participant,
    mode: oneOf("joined", "replay", "snapshot"),
    reason: oneOf("gap", "epoch", "moved"),
    s: whole,
    replayFrom: whole,
    participants: list(participant),
    participantsBytes: whole,
    epoch: whole,
    media: oneOf("sfu", "mesh"),
    sfu,
    expectedSize: amount,
  },
  "reason",
  "sfu",
);

export function grantText(granted: AttachGrant): string {
  return textOf(grant, granted as WrittenGrant);
}

export function readGrant(text: string): AttachGrant | undefined {
  const read = valueOf(grant, text);
  return read && { ...read, reason: read.reason, sfu: read.sfu };
}

interface WrittenRefusal extends Omit<Refusal, "nextNodeId"> {
  readonly nextNodeId?: string;
}

const refusal = record<WrittenRefusal>(
  {
    reason: oneOf(
      "moved",
      "not-here",
      "full",
      "not-serving",
      "busy",
      "room_full",
      "no-capacity",
      "expired",
      "unknown",
      "replaced",
      "left",
    ),
    nextNodeId: anyText,
    nextAs: oneOf("host", "previous"),
    retryAfterMs: amount,
  },
  "nextNodeId",
);

export function refusalText(refused: Refusal): string {
  return textOf(refusal, refused as WrittenRefusal);
}

export function readRefusal(text: string): Refusal | undefined {
  const read = valueOf(refusal, text);
  return read && { ...read, nextNodeId: read.nextNodeId };
}

const orphanRooms = list(orphanRoom);

export function orphansText(rooms: readonly OrphanRoom[]): string {
  return textOf(orphanRooms, rooms);
}

export function readOrphans(text: string): readonly OrphanRoom[] | undefined {
  const read = valueOf(orphanRooms, text);
  const isWhole = read?.every((room) => room.participants.length === room.sessionIds.length);
  return isWhole === true ? read : undefined;
}

function textOf<T>(shape: Shape<T>, value: T): string {
  return JSON.stringify(shape.write(value));
}

/** The value of that shape in a JSON text; undefined when it is none. Never throws. */
export function valueOf<T>(shape: Shape<T>, text: string): T | undefined {
  const value = jsonValue(text);
  if (value === undefined || !isHarmless(value)) return undefined;
  const read = shape.read(value);
  return read === MISFIT ? undefined : read;
}

/** undefined when it is no JSON, or nests too deep. */
export function jsonValue(text: string): unknown {
  if (isDeeperThan(text, NESTING_MAX)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
