// Core's memory as the admin API shows it: copies of a page at a time, read-only. Never tokens, names, states or what anybody said.
//
// A list is paged by a key that does not move: a room's id, the slot of a session. What comes or goes between two pages is seen or missed; what stays is
// seen once.

import type { ClusterView } from "../../core/cluster-view.ts";
import { ConnectionState } from "../../core/edge/connections.ts";
import type { EdgeGateway } from "../../core/edge/edge-gateway.ts";
import { slotOf } from "../../core/handles.ts";
import type { NodeContext } from "../../core/node/node-context.ts";
import type { Room } from "../../core/node/room.ts";
import { SessionState } from "../../core/node/sessions.ts";

export interface Page<T> {
  readonly items: readonly T[];
  /** Ask for what follows with this; absent at the end. */
  readonly next?: string;
}

export interface PageRequest {
  readonly limit: number;
  /** `next` of the page before; "" for the first. */
  readonly after: string;
}

const SESSION_STATES = namesOf(SessionState);
const CONNECTION_STATES = namesOf(ConnectionState);

function namesOf(states: Readonly<Record<string, number>>): readonly string[] {
  const names: string[] = [];
  for (const [name, state] of Object.entries(states)) names[state] = name;
  return names;
}

/** JSON has no Infinity: null is "no limit". */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

// ---- rooms ------------------------------------------------------------------------------------------

export interface RoomRow {
  readonly id: string;
  /** Members that others see, on all hosts. */
  readonly participants: number;
  readonly sessions: number;
  readonly attached: number;
  readonly expectedSize: number;
  readonly roomMax: number | null;
  readonly media: "sfu" | "mesh";
  /** Other nodes that host it too. */
  readonly otherHosts: readonly string[];
}

function roomRow(room: Room): RoomRow {
  return {
    id: room.roomId,
    participants: room.population,
    sessions: room.members.size,
    attached: room.attachedCount,
    expectedSize: room.expectedSize,
    roomMax: finite(room.roomMax),
    media: room.usesSfu ? "sfu" : "mesh",
    otherHosts: [...room.remotes.keys()],
  };
}

/** Rooms that the node hosts, by id. */
export function roomPage(context: NodeContext, request: PageRequest): Page<RoomRow> {
  return pageById(context.rooms, request, roomRow);
}

export interface RoomDetail extends RoomRow {
  readonly members: readonly SessionRow[];
  /** Participant ids known from other hosts. */
  readonly elsewhere: readonly string[];
  /** Edges with attached members, by the number that they have here. */
  readonly edges: readonly { readonly edge: number; readonly attached: number }[];
}

/** Members beyond `limit` are left out: `sessions` says how many there are. */
export function roomDetail(
  context: NodeContext,
  roomId: string,
  limit: number,
  nowMs: number,
): RoomDetail | undefined {
  const room = context.roomOf(roomId);
  if (room === undefined) return undefined;
  const members: SessionRow[] = [];
  for (const session of room.members.values()) {
    if (members.length === limit) break;
    members.push(sessionRow(context, slotOf(session), nowMs));
  }
  const elsewhere = [...room.remotes.values()].flatMap(({ participants }) => [
    ...participants.keys(),
  ]);
  const edges = room.edges.map((edge, i) => ({ edge, attached: room.edgeCounts[i]! }));
  return { ...roomRow(room), members, elsewhere: elsewhere.slice(0, limit), edges };
}

// ---- sessions ---------------------------------------------------------------------------------------

export interface SessionRow {
  /** Which one it is: the slot of its handle, reused once it is gone. */
  readonly slot: number;
  readonly room: string;
  readonly participant: string;
  readonly state: string;
  /** Number of its edge here, and its connection there; absent while detached. */
  readonly edge?: number;
  readonly connection?: number;
  readonly sentS: number;
  readonly ackedS: number;
  readonly detachedForMs?: number;
}

function sessionRow(context: NodeContext, slot: number, nowMs: number): SessionRow {
  const { sessions } = context;
  const room = sessions.room[slot]!;
  const edge = sessions.edge[slot]!;
  const detachedAtMs = sessions.detachedAtMs[slot]!;
  return {
    slot,
    room: room.roomId,
    participant: sessions.participant[slot]?.id ?? "",
    state: SESSION_STATES[sessions.state[slot]!]!,
    ...(edge < 0 ? {} : { edge, connection: sessions.connection[slot]! }),
    sentS: room.log.multicasts + sessions.offset[slot]!,
    ackedS: sessions.ackedS[slot]!,
    ...(edge < 0 && detachedAtMs < Infinity
      ? { detachedForMs: Math.round(nowMs - detachedAtMs) }
      : {}),
  };
}

/** Sessions of the node, of one room when `roomId` is given. */
export function sessionPage(
  context: NodeContext,
  request: PageRequest,
  nowMs: number,
  roomId?: string,
): Page<SessionRow> {
  const { sessions } = context;
  const wanted = roomId === undefined ? undefined : context.roomOf(roomId);
  if (roomId !== undefined && wanted === undefined) return { items: [] };
  return pageBySlot(sessions.handles.end, request, (slot) => {
    if (sessions.state[slot] === SessionState.free) return undefined;
    if (wanted !== undefined && sessions.room[slot] !== wanted) return undefined;
    return sessionRow(context, slot, nowMs);
  });
}

// ---- an edge's side ---------------------------------------------------------------------------------

export interface ConnectionRow {
  readonly slot: number;
  readonly state: string;
  readonly room?: string;
  readonly participant?: string;
  readonly node?: string;
  readonly heardAgoMs: number;
  readonly isSlow: boolean;
}

/** Sockets of the edge, of one room when `roomId` is given. */
export function connectionPage(
  core: EdgeGateway,
  request: PageRequest,
  nowMs: number,
  roomId?: string,
): Page<ConnectionRow> {
  const c = core.connections;
  return pageBySlot(c.handles.end, request, (slot) => {
    if (c.state[slot] === ConnectionState.free) return undefined;
    const room = c.room[slot];
    if (roomId !== undefined && room?.roomId !== roomId) return undefined;
    const participant = c.participant[slot]?.id;
    const node = core.view.records[c.node[slot]!]?.nodeId;
    return {
      slot,
      state: CONNECTION_STATES[c.state[slot]!]!,
      ...(room === undefined ? {} : { room: room.roomId }),
      ...(participant === undefined ? {} : { participant }),
      ...(node === undefined ? {} : { node }),
      heardAgoMs: Math.max(0, Math.round(nowMs - c.heardAtMs[slot]!)),
      isSlow: c.queues.has(c.handles.at(slot)),
    };
  });
}

export interface EdgeRoomRow {
  readonly id: string;
  readonly node: string;
  readonly connections: number;
}

/** Rooms that somebody on this edge is in. */
export function edgeRoomPage(core: EdgeGateway, request: PageRequest): Page<EdgeRoomRow> {
  const { room, handles } = core.connections;
  const rooms = new Map<string, EdgeRoomRow>();
  for (let slot = 0; slot < handles.end; slot++) {
    const one = room[slot];
    if (one === undefined || rooms.has(one.roomId)) continue;
    const node = core.view.records[one.node]?.nodeId ?? "";
    rooms.set(one.roomId, { id: one.roomId, node, connections: one.members.length });
  }
  return pageById(rooms, request, (row) => row);
}

// ---- the cluster -----------------------------------------------------------------------------------

/** The nodes as one machine sees them, by id. */
export function nodeRows(view: ClusterView, nowMs: number): readonly object[] {
  return view.records
    .filter((record) => record !== undefined)
    .map((record) => ({
      id: record.nodeId,
      incarnation: record.incarnation,
      state: record.state,
      isUnreachable: record.isUnreachable,
      region: record.region,
      zone: record.zone,
      generation: record.generation,
      activeConnections: record.activeConnections,
      committedLoad: record.committedLoad,
      maxConnections: finite(record.maxConnections),
      softLimit: finite(record.softLimit),
      admitPerSec: finite(record.admitPerSec),
      leaseEndsInMs: Math.round(record.leaseEndsAtMs - nowMs),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

// ---- pages -----------------------------------------------------------------------------------------

function pageById<Value, Row>(
  values: ReadonlyMap<string, Value>,
  { limit, after }: PageRequest,
  rowOf: (value: Value) => Row,
): Page<Row> {
  const ids = [...values.keys()].filter((id) => id > after).sort();
  const items = ids.slice(0, limit).map((id) => rowOf(values.get(id)!));
  return ids.length > limit ? { items, next: ids[limit - 1]! } : { items };
}

function pageBySlot<Row>(
  end: number,
  { limit, after }: PageRequest,
  rowOf: (slot: number) => Row | undefined,
): Page<Row> {
  const items: Row[] = [];
  let last = -1;
  for (let slot = after === "" ? 0 : Number(after) + 1; slot < end; slot++) {
    const row = rowOf(slot);
    if (row === undefined) continue;
    if (items.length === limit) return { items, next: String(last) };
    items.push(row);
    last = slot;
  }
  return { items };
}
