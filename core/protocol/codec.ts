// Frames of rtcsig.v1: text in, a message or an error out, and back.
//
//   client → server  {"t":"offer","id":7,"to":"p_bob","n":3,"d":{…}}
//   server → client  {"s":412,"t":"offer","from":"p_bob","n":3,"d":{…}}
//
// Nothing a client sends is trusted: size, depth, types, ranges, identifiers and code points are checked
// here, once, by readers that were made from the published schemas, and the machines behind need not look again. A frame that is no frame is fatal; a frame
// with a wrong member is answered; a type from the future is answered to a client and ignored from a
// server (SPEC CN). A message to a room is written as text once: only the sequence number differs, so
// it stands in front.

import { clientBody, type ClientFrameReader, clientFrameReaders, readId } from "./client-bodies.ts";
import { FrameError } from "./frame-error.ts";
import { isDeeperThan, isObject, type JsonObject } from "./json-shape.ts";
import { CloseCode, type ProtocolLimits, SERVER_NESTING_DEPTH_MAX } from "./limits.ts";
import { type Body, Kind, KIND_NAMES, Message } from "./message.ts";
import { BadField } from "./schema/reader.ts";
import { serverBody, serverMembers } from "./server-bodies.ts";

const KIND_OF_NAME: ReadonlyMap<string, Kind> = new Map(
  KIND_NAMES.map((name, kind) => [name, kind as Kind] as const).slice(1),
);

/** Whether this kind is addressed to one peer and numbered by negotiation. */
function isNegotiation(kind: Kind): boolean {
  return kind >= Kind.offer && kind <= Kind.endOfCandidates;
}

/** Kinds whose `id` on the way to a client says which request they answer. */
function isReply(kind: Kind): boolean {
  return kind <= Kind.pong;
}

/** Limits of a connection that has not been let in: its frames are small. */
export function unauthenticated(limits: ProtocolLimits): ProtocolLimits {
  return { ...limits, frameBytesMax: limits.unauthenticatedBytesMax };
}

/**
 * Reads a client's frame. `byteLength` is its size on the wire after decompression. Never throws.
 */
export function decodeClientFrame(
  text: string,
  byteLength: number,
  limits: ProtocolLimits,
): Message | FrameError {
  if (byteLength > limits.frameBytesMax) {
    return new FrameError("too_large", "frame is too large", { closeCode: CloseCode.tooLarge });
  }
  const frame = parsed(text, limits.nestingDepthMax);
  if (frame instanceof FrameError) return frame;
  const { t } = frame;
  if (typeof t !== "string") return FrameError.badFrame("t must be text");
  let id = 0;
  try {
    id = readId(frame["id"]);
    const kind = KIND_OF_NAME.get(t);
    const read = kind === undefined ? undefined : clientFrameReaders(limits)[kind];
    if (kind === undefined || read === undefined) {
      return new FrameError("unknown_type", "clients do not send this type", {
        field: "t",
        re: id,
      });
    }
    return clientMessage(kind, id, frame, byteLength, read);
  } catch (error) {
    if (!(error instanceof BadField)) throw error;
    const code = error.isTooLarge ? "too_large" : "bad_request";
    return new FrameError(code, error.rule, { field: error.field, re: id });
  }
}

function clientMessage(
  kind: Kind,
  id: number,
  frame: JsonObject,
  byteLength: number,
  read: ClientFrameReader,
): Message {
  const to = read.to === undefined ? "" : ((read.to(frame["to"]) as string | undefined) ?? "");
  const n = read.n === undefined ? 0 : (read.n(frame["n"]) as number);
  const body = clientBody(kind, read.d, frame["d"]);
  if (kind === Kind.ping || kind === Kind.ack) return heardMessage(kind, id, byteLength, body);
  const key = kind === Kind.state ? onlyKey(body) : "";
  return new Message(kind, id, "", to, n, byteLength, key, body);
}

/** A ping or an ack: `n` is the last number heard. */
function heardMessage(kind: Kind, id: number, byteLength: number, d: Body): Message {
  const { ts, ack, s } = (d ?? {}) as Partial<Record<"ts" | "ack" | "s", number | null>>;
  const n = (kind === Kind.ping ? ack : s) ?? 0;
  const body = kind === Kind.ack || ts === undefined || ts === null ? undefined : { ts, ack: n };
  return new Message(kind, id, "", "", n, byteLength, "", body);
}

/** The one key of a `state`: one message, one key, because keys are what later values replace. */
function onlyKey(body: Body): string {
  return Object.keys(body!)[0]!;
}

export interface ServerFrame {
  readonly message: Message;
  /** Sequence number of a critical message, 0 elsewhere. */
  readonly s: number;
}

/** Reads a server's frame; undefined for a type this client does not know. Never throws. */
export function decodeServerFrame(
  text: string,
  byteLength: number,
  nestingDepthMax = SERVER_NESTING_DEPTH_MAX,
): ServerFrame | FrameError | undefined {
  const frame = parsed(text, nestingDepthMax);
  if (frame instanceof FrameError) return frame;
  const { t } = frame;
  if (typeof t !== "string") return FrameError.badFrame("t must be text");
  const kind = KIND_OF_NAME.get(t);
  if (kind === undefined) return undefined;
  try {
    const body = serverBody(kind, frame["d"]);
    const { s, re, id, n, from } = serverMembers(frame);
    const key = kind === Kind.state ? onlyKey(body) : "";
    const number = isReply(kind) ? re : id;
    return { message: new Message(kind, number, from, "", n, byteLength, key, body), s };
  } catch (error) {
    if (!(error instanceof BadField)) throw error;
    return wrongMember(error.field);
  }
}

function wrongMember(field: string): FrameError {
  return new FrameError("bad_request", "a member is missing or wrong", {
    field,
    closeCode: CloseCode.badFrame,
  });
}

/** The frame as an object, or why it is none. */
function parsed(text: string, depthMax: number): JsonObject | FrameError {
  if (isDeeperThan(text, depthMax)) return FrameError.badFrame("frame nests too deep");
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return FrameError.badFrame("frame must be JSON");
  }
  if (!isObject(frame)) return FrameError.badFrame("frame must be an object");
  return frame;
}

/** A client's frame as text. */
export function encodeClientFrame(message: Message): string {
  const { kind, id, to, n } = message;
  let text = `{"t":"${KIND_NAMES[kind]}"`;
  if (id > 0) text += `,"id":${id}`;
  if (to !== "") text += `,"to":${JSON.stringify(to)}`;
  if (isNegotiation(kind)) text += `,"n":${n}`;
  return `${text}${member(clientD(message))}}`;
}

function clientD(message: Message): Body {
  const { kind, n, body } = message;
  if (kind === Kind.ack) return { s: n };
  if (kind === Kind.ping) return { ...body, ack: n };
  return stateOf(message) ?? body;
}

/** A flag needs no value: a `state` that names only its key sets it. */
function stateOf(message: Message): Body {
  const { kind, key, body } = message;
  return kind === Kind.state && body === undefined && key !== "" ? { [key]: true } : undefined;
}

function member(d: Body): string {
  return d === undefined ? "" : `,"d":${JSON.stringify(d)}`;
}

/** What all recipients of a server's message have in common: to be written once and kept. */
export function encodeShared(message: Message): string {
  const { kind, id, from, n } = message;
  let text = `"t":"${KIND_NAMES[kind]}"`;
  if (id > 0) text += isReply(kind) ? `,"re":${id}` : `,"id":${id}`;
  if (from !== "") text += `,"from":${JSON.stringify(from)}`;
  if (isNegotiation(kind)) text += `,"n":${n}`;
  return `${text}${member(stateOf(message) ?? message.body)}}`;
}

/** The frame of one recipient: `s` is its sequence number, 0 for messages that have none. */
export function withSequence(shared: string, s: number): string {
  return s > 0 ? `{"s":${s},${shared}` : `{${shared}`;
}

export function encodeServerFrame(message: Message, s: number): string {
  return withSequence(encodeShared(message), s);
}
