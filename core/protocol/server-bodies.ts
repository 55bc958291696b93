// What a client insists on in the server's `d`: the members its machine reads, and their types.
//
// The server is trusted more than a client is: members that are not named here pass through, so that a
// newer server may say more. What is named must be there, since nobody looks again.

import { type Body, Kind } from "./message.ts";
import { isObject, type JsonObject } from "./client-bodies.ts";

type MemberType = "text" | "number" | "flag" | "object" | "participants" | "list";

/** Members by kind; a name that ends in "?" may be absent. */
const MEMBERS: ReadonlyMap<Kind, readonly (readonly [string, MemberType])[]> = new Map([
  [
    Kind.hello,
    [
      ["server", "text"],
      ["proto", "number"],
      ["authTimeoutMs", "number"],
    ],
  ],
  [
    Kind.joined,
    [
      ["session", "text"],
      ["you", "text"],
      ["participants", "participants"],
      ["epoch", "number"],
      ["resume", "object"],
      ["ping", "object"],
      ["reconnect", "object"],
      ["node", "text"],
      ["region", "text"],
      ["sfu?", "object"],
    ],
  ],
  [
    Kind.resumed,
    [
      ["mode", "text"],
      ["epoch", "number"],
      ["resume", "object"],
      ["reconnect", "object"],
      ["node", "text"],
      ["from?", "number"],
      ["to?", "number"],
      ["s?", "number"],
      ["participants?", "participants"],
      ["sfu?", "object"],
    ],
  ],
  [Kind.redirect, [["url", "text"]]],
  [
    Kind.error,
    [
      ["code", "text"],
      ["message", "text"],
      ["retry", "flag"],
      ["retryAfterMs?", "number"],
    ],
  ],
  [
    Kind.pong,
    [
      ["ts?", "number"],
      ["spreadMs?", "number"],
      ["token?", "text"],
      ["ice?", "object"],
    ],
  ],
  [
    Kind.participantJoined,
    [
      ["id", "text"],
      ["name", "text"],
    ],
  ],
  [Kind.participantUpdated, [["id", "text"]]],
  [
    Kind.participantLeft,
    [
      ["id", "text"],
      ["reason", "text"],
    ],
  ],
  [Kind.offer, [["sdp", "text"]]],
  [Kind.answer, [["sdp", "text"]]],
  [Kind.candidate, [["list", "list"]]],
  [Kind.speakers, [["list", "list"]]],
  [
    Kind.sfu,
    [
      ["id", "text"],
      ["url", "text"],
      ["token", "text"],
    ],
  ],
  [
    Kind.throttled,
    [
      ["scope", "text"],
      ["level", "number"],
      ["dropped", "number"],
      ["merged", "number"],
      ["retryAfterMs", "number"],
    ],
  ],
  [
    Kind.drain,
    [
      ["deadlineMs", "number"],
      ["reconnectAfterMs", "number"],
    ],
  ],
  [Kind.token, [["token", "text"]]],
] as const);

function isOfType(value: unknown, type: MemberType): boolean {
  switch (type) {
    case "text":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "flag":
      return typeof value === "boolean";
    case "object":
      return isObject(value);
    case "list":
      return Array.isArray(value);
    case "participants":
      return Array.isArray(value) && value.every(isParticipant);
  }
}

function isParticipant(value: unknown): boolean {
  return isObject(value) && typeof value["id"] === "string" && typeof value["name"] === "string";
}

/** The body `d` of a server frame of this kind, or the path of the member that is missing or wrong. */
export function serverBody(kind: Kind, d: unknown): { readonly body: Body } | string {
  const members = MEMBERS.get(kind);
  if (members === undefined) return d === undefined || isObject(d) ? { body: d } : "d";
  if (!isObject(d)) return "d";
  for (const [name, type] of members) {
    if (!hasMember(d, name, type)) return `d.${name}`;
  }
  return { body: d };
}

function hasMember(d: JsonObject, name: string, type: MemberType): boolean {
  if (!name.endsWith("?")) return isOfType(d[name], type);
  const value = d[name.slice(0, -1)];
  return value === undefined || isOfType(value, type);
}
