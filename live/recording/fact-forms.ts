// How each fact's arguments are written down and read again.
//
// One row per fact: its arguments in order. Scalars are kept as they are. What clients said, and whatever may hold it, is kept as
// JSON text: it came as JSON, and no other form keeps every key and code point of it. A form that knows an infinite number puts it
// back. The numbers of the facts stand in each segment's header by name, so that rows may be added.

import type { SfuBody } from "../../core/protocol/bodies.ts";
import { FrameError } from "../../core/protocol/frame-error.ts";
import { type Body, type Kind, Message } from "../../core/protocol/message.ts";
import type { AttachGrant, BusMessage, RoomUpdate } from "../../core/trunk.ts";
import { WireMessage } from "../wire-message.ts";
import { maskedBody, maskedSfu, maskedText } from "./secrets.ts";

/**
 * "now": the time of the fact, ms. "scalar": number, text, truth value or undefined. "json": plain JSON values; "unbounded":
 * the same, where some numbers may be infinite. "grant", "sfu": with a token that is not kept.
 */
export type Form =
  "now" | "scalar" | "message" | "json" | "unbounded" | "grant" | "sfu" | "bus" | "frameError";

export const EDGE_FACTS = {
  knocked: ["scalar", "now"],
  opened: ["now", "scalar"],
  openedBusy: ["now"],
  received: ["scalar", "message", "now"],
  frameRejected: ["scalar", "frameError", "now"],
  closed: ["scalar"],
  buffered: ["scalar", "scalar", "now"],
  tokenVerified: ["scalar", "unbounded", "now"],
  tokenRejected: ["scalar", "scalar"],
  resumeVerified: ["scalar", "unbounded", "now"],
  attached: ["scalar", "scalar", "grant", "now"],
  refused: ["scalar", "scalar", "unbounded", "now"],
  multicast: ["scalar", "scalar", "scalar", "message", "now"],
  delivered: ["scalar", "scalar", "scalar", "message", "scalar", "now"],
  closeAsked: ["scalar", "scalar", "scalar", "scalar"],
  trunkOpened: ["scalar", "scalar", "now"],
  trunkLost: ["scalar", "now", "scalar"],
  trunkBuffered: ["scalar", "scalar", "now"],
  heard: ["bus", "now"],
  busLost: ["now"],
  busRestored: ["now"],
  drainAsked: ["now", "scalar"],
  drainCancelled: ["now"],
  deadlinePassed: ["now"],
} as const satisfies Readonly<Record<string, readonly Form[]>>;

export const NODE_FACTS = {
  attachAsked: ["scalar", "scalar", "unbounded", "now"],
  relayed: ["scalar", "message", "now"],
  acknowledged: ["scalar", "scalar"],
  detached: ["scalar", "scalar", "scalar", "scalar", "now"],
  edgeLost: ["scalar", "now"],
  trunkBuffered: ["scalar", "scalar", "now"],
  orphansDeclared: ["json", "now"],
  sfuAllocated: ["scalar", "sfu"],
  sfuAnswered: ["scalar", "message"],
  heard: ["bus", "now"],
  busLost: ["now"],
  busRestored: ["now"],
  drainAsked: ["now"],
  drainCancelled: ["now"],
  leaveAsked: ["now"],
  kickAsked: ["scalar", "scalar", "now"],
  deadlinePassed: ["now"],
} as const satisfies Readonly<Record<string, readonly Form[]>>;

export type MachineKind = "edge" | "node";
export type EdgeFact = keyof typeof EDGE_FACTS;
export type NodeFact = keyof typeof NODE_FACTS;

/** What is public in core and yet no fact: it answers and changes nothing. */
export const EDGE_QUESTIONS: ReadonlySet<string> = new Set(["nextDeadlineMs", "limitsFor"]);
export const NODE_QUESTIONS: ReadonlySet<string> = new Set([
  "nextDeadlineMs",
  "beatNow",
  "offeredConnections",
]);

export type FactForms = Readonly<Record<string, readonly Form[]>>;

export function formsOf(kind: MachineKind): FactForms {
  return kind === "edge" ? EDGE_FACTS : NODE_FACTS;
}

/** JSON has no infinite numbers: these members have them as null, and no other meaning of null. */
const UNBOUNDED = ["roomMax", "deadlineMs", "retryAfterMs", "validUntilMs"] as const;

/** What is written for one argument: a scalar, or an array of scalars. */
export function written(form: Form, argument: unknown): unknown {
  switch (form) {
    case "now":
    case "scalar":
      return argument;
    case "message":
      return writtenMessage(argument as Message);
    case "json":
    case "unbounded":
      return JSON.stringify(argument);
    case "grant":
      return JSON.stringify(maskedGrant(argument as AttachGrant));
    case "sfu":
      return JSON.stringify(maskedSfu(argument as SfuBody));
    case "bus":
      return writtenBus(argument as BusMessage);
    case "frameError": {
      const { code, message, field, re, closeCode } = argument as FrameError;
      return [code, message, field, re, closeCode];
    }
  }
}

/** The argument again. Throws when `value` is not what `written` made. */
export function read(form: Form, value: unknown): unknown {
  switch (form) {
    case "now":
    case "scalar":
      return value;
    case "message":
      return readMessage(value as readonly unknown[]);
    case "json":
    case "grant":
    case "sfu":
      return JSON.parse(value as string) as unknown;
    case "unbounded": {
      const read = JSON.parse(value as string) as Record<string, unknown>;
      for (const name of UNBOUNDED) if (read[name] === null) read[name] = Infinity;
      return read;
    }
    case "bus":
      return readBus(value as readonly unknown[]);
    case "frameError": {
      const [code, message, field, re, closeCode] = value as [
        FrameError["code"],
        string,
        string,
        number,
        FrameError["closeCode"],
      ];
      return new FrameError(code, message, {
        field,
        re,
        ...(closeCode === undefined ? {} : { closeCode }),
      });
    }
  }
}

export function maskedGrant(grant: AttachGrant): AttachGrant {
  return grant.sfu === undefined ? grant : { ...grant, sfu: maskedSfu(grant.sfu) };
}

/** With a body: 8 members. With the text that all recipients share: 7. */
export function writtenMessage(message: Message): readonly unknown[] {
  const { kind, id, from, to, n, bytes, key } = message;
  if (message instanceof WireMessage) {
    return [kind, id, from, n, bytes, key, maskedText(message)];
  }
  const body = maskedBody(kind, message.body);
  return [kind, id, from, to, n, bytes, key, body === undefined ? null : JSON.stringify(body)];
}

export function readMessage(value: readonly unknown[]): Message {
  if (value.length === 7) {
    const [kind, id, from, n, bytes, key, shared] = value as ConstructorParameters<
      typeof WireMessage
    >;
    return new WireMessage(kind, id, from, n, bytes, key, shared);
  }
  const [kind, id, from, to, n, bytes, key, body] = value as [
    Kind,
    number,
    string,
    string,
    number,
    number,
    string,
    string | null,
  ];
  const parsed = body === null ? undefined : (JSON.parse(body) as Body);
  return new Message(kind, id, from, to, n, bytes, key, parsed);
}

/** The text of it, and the message apart where there is one: it may be a text already. */
function writtenBus(message: BusMessage): readonly unknown[] {
  if (message.type !== "update") return [JSON.stringify(message)];
  const { message: said, ...update } = message;
  return [JSON.stringify(update), writtenMessage(said)];
}

function readBus([text, said]: readonly unknown[]): BusMessage {
  const message = JSON.parse(text as string) as BusMessage;
  if (said === undefined) return message;
  return { ...(message as RoomUpdate), message: readMessage(said as readonly unknown[]) };
}
