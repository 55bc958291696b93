// Bus messages as text: `{ v: 1, from, trunkUrl?, m }`.
//
// The bus is shared with whoever has its password, with other releases and with mistakes: what is read is checked member by member and rebuilt,
// and what is not understood is nothing, never an exception. The table names every type of the union; one that core
// adds is a compile error here.

import type { NodeBeat } from "../../core/cluster-view.ts";
import type { LeftBody, ParticipantBody } from "../../core/protocol/bodies.ts";
import { isDeeperThan, isHarmless } from "../../core/protocol/json-shape.ts";
import { NODE_ID_PATTERN, ROOM_ID_PATTERN } from "../../core/protocol/limits.ts";
import { Kind, KIND_NAMES, type Message } from "../../core/protocol/message.ts";
import type { BusMessage, EdgeBeat, OrphanRoom } from "../../core/trunk.ts";
import { messageFromJson, messageToJson } from "../wire-message.ts";
import type { BusSender } from "./bus.ts";
import {
  amount,
  anyJson,
  anyText,
  flag,
  jsonMap,
  list,
  MISFIT,
  oneOf,
  record,
  type Shape,
  textLike,
  whole,
} from "./shape.ts";

export const BUS_VERSION = 1;

/** Deepest nesting of a payload. A body is at most 32 deep (protocol), in a participant, in a list, in a room, in an envelope. */
const NESTING_MAX = 48;

const processId = textLike(NODE_ID_PATTERN);
const noProcess = oneOf("");
const roomId = textLike(ROOM_ID_PATTERN);
const trunkUrl = textLike(/^wss?:\/\/[^\s]{1,500}$/);
const life = whole;

export const participant = record<ParticipantBody>(
  {
    id: anyText,
    name: anyText,
    meta: anyJson,
    state: jsonMap,
    connection: oneOf("reconnecting"),
  },
  "meta",
  "state",
  "connection",
);
const participants = list(participant);

const left = record<LeftBody>({
  id: anyText,
  reason: oneOf("left", "timeout", "kicked", "node-lost", "replaced"),
});

/** A message; the bodies that nodes themselves read are checked, the others are the clients'. */
const message: Shape<Message> = {
  write: messageToJson,
  read: (value) => {
    const read = messageFromJson(value);
    if (read === undefined || KIND_NAMES[read.kind] === undefined || read.kind < 1) return MISFIT;
    return isBodyReadable(read) ? read : MISFIT;
  },
};

function isBodyReadable({ kind, body }: Message): boolean {
  switch (kind) {
    case Kind.participantJoined:
    case Kind.participantUpdated:
      return participant.read(body) !== MISFIT;
    case Kind.participantLeft:
      return left.read(body) !== MISFIT;
    default:
      return true;
  }
}

const either: Shape<string> = {
  write: (value) => value,
  read: (value) => (noProcess.read(value) === MISFIT ? processId.read(value) : (value as string)),
};

const beat = record<NodeBeat>(
  {
    nodeId: processId,
    incarnation: life,
    region: anyText,
    zone: anyText,
    state: oneOf("serving", "draining", "gone"),
    activeConnections: amount,
    committedLoad: amount,
    maxConnections: amount,
    softLimit: amount,
    admitPerSec: amount,
    generation: amount,
  },
  "generation",
);

const edgeBeat = record<EdgeBeat>({
  edgeId: processId,
  incarnation: life,
  connections: amount,
  admitPerSec: amount,
  serving: flag,
});

export const orphanRoom = record<OrphanRoom>({
  roomId,
  expectedSize: amount,
  lostNodeId: processId,
  participants,
  sessionIds: list(anyText),
  expectedWithinMs: amount,
});

type Typed<K extends BusMessage["type"]> = Extract<BusMessage, { readonly type: K }>;

const SHAPES: { readonly [K in BusMessage["type"]]: Shape<Typed<K>> } = {
  beat: record<Typed<"beat">>({ type: oneOf("beat"), beat }),
  "edge-beat": record<Typed<"edge-beat">>({ type: oneOf("edge-beat"), beat: edgeBeat }),
  "node-lost": record<Typed<"node-lost">>({
    type: oneOf("node-lost"),
    edgeId: processId,
    nodeId: processId,
    incarnation: life,
  }),
  "node-found": record<Typed<"node-found">>({
    type: oneOf("node-found"),
    edgeId: processId,
    nodeId: processId,
    incarnation: life,
  }),
  outlived: record<Typed<"outlived">>({
    type: oneOf("outlived"),
    by: processId,
    nodeId: processId,
    incarnation: life,
  }),
  announce: record<Typed<"announce">>({
    type: oneOf("announce"),
    nodeId: processId,
    incarnation: life,
    rooms: list(record<Typed<"announce">["rooms"][number]>({ roomId, size: amount })),
  }),
  hosts: record<Typed<"hosts">>({
    type: oneOf("hosts"),
    roomId,
    hosts: list(processId),
    closedBy: either,
  }),
  orphans: record<Typed<"orphans">>({ type: oneOf("orphans"), rooms: list(orphanRoom) }),
  update: record<Typed<"update">>({
    type: oneOf("update"),
    roomId,
    nodeId: processId,
    incarnation: life,
    u: whole,
    message,
  }),
  "snapshot-wanted": record<Typed<"snapshot-wanted">>({
    type: oneOf("snapshot-wanted"),
    roomId,
    by: processId,
  }),
  snapshot: record<Typed<"snapshot">>({
    type: oneOf("snapshot"),
    roomId,
    nodeId: processId,
    incarnation: life,
    u: whole,
    participants,
  }),
};

export function encodeBusMessage(said: BusMessage, sender: BusSender): string {
  const m = (SHAPES[said.type] as Shape<BusMessage>).write(said);
  const envelope = sender.trunkUrl === "" ? {} : { trunkUrl: sender.trunkUrl };
  return JSON.stringify({ v: BUS_VERSION, from: sender.id, ...envelope, m });
}

export interface HeardMessage {
  readonly message: BusMessage;
  readonly sender: BusSender;
}

/** What was said and by whom; undefined when this is no message of this version. */
export function decodeBusMessage(text: string): HeardMessage | undefined {
  const value = parsed(text);
  if (typeof value !== "object" || value === null) return undefined;
  const { v, from, trunkUrl: url, m } = value as Readonly<Record<string, unknown>>;
  if (v !== BUS_VERSION || typeof m !== "object" || m === null) return undefined;
  const id = processId.read(from);
  const dialled = url === undefined ? "" : trunkUrl.read(url);
  if (id === MISFIT || dialled === MISFIT) return undefined;
  const type = (m as { readonly type?: unknown }).type;
  if (typeof type !== "string" || !Object.hasOwn(SHAPES, type)) return undefined;
  const read = (SHAPES[type as BusMessage["type"]] as Shape<BusMessage>).read(m);
  if (read === MISFIT || !isConsistent(read)) return undefined;
  return { message: read, sender: { id, trunkUrl: dialled } };
}

/** What two members say together. */
function isConsistent(read: BusMessage): boolean {
  if (read.type !== "orphans") return true;
  return read.rooms.every((room) => room.participants.length === room.sessionIds.length);
}

function parsed(text: string): unknown {
  if (isDeeperThan(text, NESTING_MAX)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isHarmless(value) ? value : undefined;
  } catch {
    return undefined; // No JSON.
  }
}
