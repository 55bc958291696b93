// The protocol as an AsyncAPI 3.0 document: the server's side of one channel.
//
// Nothing of it is written by hand that a frame is checked by: payloads are the schemas of core, codes and limits are core's.

import { PROTOCOL_LIMITS } from "../../core/protocol/limits.ts";
import { CLASS_OF_KIND, DeliveryClass, KIND_NAMES } from "../../core/protocol/message.ts";
import { clientFrames } from "../../core/protocol/schema/client-frames.ts";
import { type FrameSchema, ID, SERVER_ENVELOPE } from "../../core/protocol/schema/frames.ts";
import {
  FREE_VALUE,
  frameJsonSchema,
  INEXPRESSIBLE,
  type Json,
  type JsonMembers,
  jsonSchema,
} from "../../core/protocol/schema/json-schema.ts";
import type { Schema } from "../../core/protocol/schema/schema.ts";
import { SERVER_FRAMES } from "../../core/protocol/schema/server-frames.ts";
import { closeCodes, ERROR_ADVICE, LIMIT_MEANINGS } from "./codes.ts";
import { CLIENT_EXAMPLES, SERVER_EXAMPLES, type Example } from "./examples.ts";

export const SIGNAL_PATH = "/v1/signal";
export const PROTOCOL_NAME = "rtcsig.v1";
/** Of the description; the protocol's own version is in its name. */
const DESCRIPTION_VERSION = "1.0.0";

export type Side = "client" | "server";

/** "critical" and so on, of the kind. */
export function className({ kind }: FrameSchema): string {
  const names = Object.entries(DeliveryClass);
  return names.find(([, one]) => one === CLASS_OF_KIND[kind])![0];
}

/** What clients may send with the default limits, and what servers send. */
export function framesOf(side: Side): readonly FrameSchema[] {
  return side === "client" ? clientFrames(PROTOCOL_LIMITS) : SERVER_FRAMES;
}

export function examplesOf(side: Side, name: string): readonly Example[] {
  return (side === "client" ? CLIENT_EXAMPLES : SERVER_EXAMPLES)[name] ?? [];
}

/** The frame as JSON Schema; its references are those of the document. */
export function payloadOf(side: Side, frame: FrameSchema): JsonMembers {
  return { ...frameJsonSchema(frame), allOf: [{ $ref: `#/components/schemas/${side}Envelope` }] };
}

/** What payloads refer to. */
export function sharedSchemas(): JsonMembers {
  return {
    freeValue: FREE_VALUE,
    clientEnvelope: envelope({ id: ID }),
    serverEnvelope: envelope(SERVER_ENVELOPE),
  };
}

/** What is read of frames of any type, whether that type makes use of it or not. */
function envelope(members: Readonly<Record<string, Schema>>): JsonMembers {
  const properties = Object.entries(members).map(
    ([name, schema]) => [name, jsonSchema(schema)] as const,
  );
  return {
    description: "what stands around the body, in frames of any type",
    type: "object",
    required: ["t"],
    properties: { t: { type: "string" }, ...Object.fromEntries(properties) },
  };
}

export function asyncApi(): JsonMembers {
  const sides = ["client", "server"] as const;
  const all = sides.flatMap((side) => framesOf(side).map((frame) => keyOf(side, frame)));
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Stormglass signaling",
      version: DESCRIPTION_VERSION,
      description: INTRODUCTION,
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    servers: {
      edge: {
        host: "signaling.example.com",
        protocol: "wss",
        description: "Any edge of a cluster. Without TLS only on one's own machine.",
      },
    },
    channels: {
      signal: {
        address: SIGNAL_PATH,
        title: "signaling",
        description: "One connection is one participant in one room.",
        servers: [{ $ref: "#/servers/edge" }],
        messages: Object.fromEntries(
          all.map((key) => [key, { $ref: `#/components/messages/${key}` }]),
        ),
        bindings: { ws: HANDSHAKE },
        "x-closeCodes": closeCodes().map((code) => ({ ...code })),
      },
    },
    operations: {
      clientSays: operation("receive", "client", "What clients send."),
      serverSays: operation("send", "server", "What the server sends."),
    },
    components: {
      messages: Object.fromEntries(
        sides.flatMap((side) =>
          framesOf(side).map((frame) => [keyOf(side, frame), messageOf(side, frame)] as const),
        ),
      ),
      schemas: sharedSchemas(),
    },
    "x-errorCodes": Object.entries(ERROR_ADVICE).map(([code, advice]) => ({ code, ...advice })),
    "x-limits": Object.entries(LIMIT_MEANINGS).map(([name, meaning]) => ({
      name,
      meaning,
      default: PROTOCOL_LIMITS[name as keyof typeof LIMIT_MEANINGS],
    })),
    "x-keywords": { ...INEXPRESSIBLE, ...NOTES },
  };
}

const INTRODUCTION = [
  `The wire protocol ${PROTOCOL_NAME}: JSON text frames over WebSocket. This file says what each frame is;`,
  "docs/protocol.md says what they mean together. It is made from the schemas that the server checks frames with.",
  "Members that are not described are ignored, on both sides. A frame is also bounded in bytes and in depth (x-limits).",
].join(" ");

/** Words that narrow nothing. */
const NOTES = {
  "x-known": "values of this version: take others as unknown, and live on",
  "x-class": "delivery class: what happens to the message under pressure",
} as const;

const HANDSHAKE: JsonMembers = {
  method: "GET",
  query: {
    type: "object",
    properties: {
      room: { type: "string", description: "a hint for whoever routes; the join counts" },
    },
  },
  headers: {
    type: "object",
    required: ["Sec-WebSocket-Protocol"],
    properties: { "Sec-WebSocket-Protocol": { type: "string", const: PROTOCOL_NAME } },
  },
  bindingVersion: "0.1.0",
};

function operation(action: "send" | "receive", side: Side, summary: string): JsonMembers {
  return {
    action,
    summary,
    channel: { $ref: "#/channels/signal" },
    messages: framesOf(side).map((frame) => ({
      $ref: `#/channels/signal/messages/${keyOf(side, frame)}`,
    })),
  };
}

function keyOf(side: Side, { kind }: FrameSchema): string {
  return `${side}-${KIND_NAMES[kind]}`;
}

function messageOf(side: Side, frame: FrameSchema): JsonMembers {
  const name = KIND_NAMES[frame.kind]!;
  const correlates = ["id", "re"].find((member) => `${member}?` in frame.members);
  return {
    name,
    title: name,
    summary: frame.summary,
    ...(correlates === undefined
      ? {}
      : { correlationId: { location: `$message.payload#/${correlates}` } }),
    payload: payloadOf(side, frame),
    examples: examplesOf(side, name).map(({ name: title, frame: payload }): Json => ({
      name: title,
      payload,
    })),
    "x-class": className(frame),
  };
}
