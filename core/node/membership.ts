// Who is in a room: joining, leaving, losing the socket and coming back.
//
// A session outlives its socket by two timers. The presence grace bounds ghosts: when it ends the others are told.
// The resume window bounds memory: when it ends the session is gone. In between a resume brings the same
// participant back. Whoever resumes on a node that does not own the session is adopted from what its token says
// and from what its edge declared (orphans): the roster survives the node, the log does not, so it gets a snapshot.

import { DeadlineQueue } from "../deadlines.ts";
import { slotOf } from "../handles.ts";
import type { LeftBody, ParticipantBody } from "../protocol/bodies.ts";
import { CloseCode } from "../protocol/limits.ts";
import {
  attachmentOf,
  type AttachGrant,
  type AttachRequest,
  type OrphanRoom,
  type RefusalReason,
  type ResumeClaims,
} from "../trunk.ts";
import type { Announcements } from "./announcements.ts";
import { missedBy, replayFor, tellMissed, tellReplay } from "./catch-up.ts";
import type { NodeContext } from "./node-context.ts";
import type { Room } from "./room.ts";
import { SessionWaits, type WaitQueue } from "./session-waits.ts";
import { SessionState } from "./sessions.ts";

/** An empty room is forgotten after this, ms: one that everybody left is not founded anew at once. Assumed. */
const EMPTY_ROOM_MS = 1_000;

/** Nobody is expected for longer than this, whatever was declared, ms. Assumed: a minute of slots is the most that edges give. */
const EXPECTED_MAX_MS = 300_000;

export class Membership {
  readonly #node: NodeContext;
  readonly #tell: Announcements;
  readonly #closed: (room: Room, nowMs: number) => void;
  readonly #waits = new SessionWaits();
  readonly #empties = new DeadlineQueue();
  /** Sessions whose participant was removed when the grace ended, and the longest a ghost lived, ms. */
  timeouts = 0;
  ghostAgeMaxMs = 0;

  constructor(
    node: NodeContext,
    announcements: Announcements,
    closed: (room: Room, nowMs: number) => void,
  ) {
    this.#node = node;
    this.#tell = announcements;
    this.#closed = closed;
  }

  // ---- in -----------------------------------------------------------------------------------------

  join(room: Room, request: AttachRequest, edge: number, connection: number, nowMs: number): void {
    const { sessions, policy } = this.#node;
    room.roomMax = Math.min(room.roomMax, request.roomMax);
    const participant: ParticipantBody =
      request.meta === undefined
        ? { id: request.participantId, name: request.name }
        : { id: request.participantId, name: request.name, meta: request.meta };
    const session = sessions.open(room, participant, "");
    sessions.sessionId[slotOf(session)] = `${policy.nodeId}.${policy.incarnation}.${session}`;
    const old = room.members.get(request.participantId);
    if (old !== undefined) this.#replace(room, old, nowMs);
    const others = this.roster(room);
    this.#enter(room, session);
    this.#attach(room, session, edge, connection);
    this.#tell.joined(room, session, nowMs);
    this.#grant(room, session, "joined", undefined, 0, others);
  }

  /** Why a resume cannot be had here, or undefined when it was had. */
  resume(
    room: Room | undefined,
    request: AttachRequest,
    claims: ResumeClaims,
    edge: number,
    connection: number,
    nowMs: number,
  ): RefusalReason | undefined {
    const { sessions, policy } = this.#node;
    const isOwn = claims.nodeId === policy.nodeId && claims.incarnation === policy.incarnation;
    if (isOwn) {
      const session = claims.session;
      const isThere = room?.members.has(claims.participantId) === true;
      if (!sessions.handles.isLive(session)) return isThere ? "replaced" : "expired";
      const at = slotOf(session);
      const isIts = sessions.sessionId[at] === claims.sessionId && sessions.room[at] === room;
      if (!isIts) return "unknown";
      const age = (sessions.rotation[at]! - claims.rotation) & 0xffff;
      if (age > 1) return "replaced";
      const lostAtMs = Math.min(sessions.detachedAtMs[at]!, nowMs);
      this.#reattach(sessions.room[at]!, session, edge, connection, nowMs);
      this.#catchUp(sessions.room[at]!, session, request.last, lostAtMs);
      return undefined;
    }
    if (room === undefined) return "unknown";
    const known = room.members.get(claims.participantId);
    if (known === undefined) {
      this.#adopt(room, claims, edge, connection, nowMs);
      return undefined;
    }
    if (sessions.sessionId[slotOf(known)] !== claims.sessionId) return "replaced";
    const missed = missedBy(this.#node, room, known);
    this.#reattach(room, known, edge, connection, nowMs);
    this.#grant(room, known, "snapshot", "moved", 0, this.roster(room));
    tellMissed(this.#node, room, known, missed);
    return undefined;
  }

  #adopt(room: Room, claims: ResumeClaims, edge: number, connection: number, nowMs: number): void {
    const participant: ParticipantBody = { id: claims.participantId, name: claims.name };
    const session = this.#node.sessions.open(room, participant, claims.sessionId);
    this.#enter(room, session);
    this.#attach(room, session, edge, connection);
    this.#tell.joined(room, session, nowMs);
    this.#grant(room, session, "snapshot", "moved", 0, this.roster(room));
  }

  /** The same session, a new socket: the newer one wins. */
  #reattach(room: Room, session: number, edge: number, connection: number, nowMs: number): void {
    const { sessions, outbox } = this.#node;
    const at = slotOf(session);
    const state = sessions.state[at];
    if (state === SessionState.attached) {
      outbox.close(sessions.edge[at]!, sessions.connection[at]!, session, CloseCode.replaced);
      this.#detachFromEdge(room, at);
    }
    if (state === SessionState.away) {
      room.presentCount++;
      this.#node.committed.sized(room.handle, room.presentCount);
      this.#tell.setConnection(session, undefined);
      this.#tell.joined(room, session, nowMs);
    } else if (sessions.participant[at]!.connection !== undefined) {
      this.#tell.connectionChanged(room, session, undefined);
    }
    sessions.rotation[at] = (sessions.rotation[at]! + 1) & 0xffff;
    this.#attach(room, session, edge, connection);
  }

  /** Replay when the log reaches back to `last`, else a snapshot. */
  #catchUp(room: Room, session: number, last: number, lostAtMs: number): void {
    const missing = replayFor(this.#node, room, session, last);
    if (missing === undefined) {
      this.#grant(room, session, "snapshot", "gap", 0, this.roster(room));
      return;
    }
    this.#grant(room, session, "replay", undefined, last + 1, []);
    tellReplay(this.#node, room, session, missing, last, lostAtMs);
  }

  #grant(
    room: Room,
    session: number,
    mode: AttachGrant["mode"],
    reason: AttachGrant["reason"],
    replayFrom: number,
    participants: readonly ParticipantBody[],
  ): void {
    const { sessions, outbox, policy } = this.#node;
    const at = slotOf(session);
    outbox.attached(sessions.edge[at]!, sessions.connection[at]!, {
      session,
      room: room.handle,
      roomId: room.roomId,
      sessionId: sessions.sessionId[at]!,
      rotation: sessions.rotation[at]!,
      participant: sessions.participant[at]!,
      mode,
      reason,
      s: sessions.sentS(session),
      replayFrom,
      participants,
      participantsBytes:
        participants.length === 0 ? 0 : room.roster.bytes + participants.length - 1,
      epoch: policy.incarnation,
      media: room.usesSfu ? "sfu" : "mesh",
      sfu: room.sfu,
      expectedSize: room.expectedSize,
    });
  }

  #enter(room: Room, session: number): void {
    const id = this.#node.sessions.participant[slotOf(session)]!.id;
    room.members.set(id, session);
    room.presentCount++;
    room.emptySinceMs = Infinity;
    this.#node.committed.sized(room.handle, room.presentCount);
  }

  #attach(room: Room, session: number, edge: number, connection: number): void {
    const { sessions } = this.#node;
    const at = slotOf(session);
    sessions.state[at] = SessionState.attached;
    sessions.edge[at] = edge;
    sessions.connection[at] = connection;
    sessions.detachedAtMs[at] = Infinity;
    sessions.attachedCount++;
    room.edgeEntered(edge);
  }

  /** Everybody that members see, on all hosts, as of what was served. */
  roster(room: Room): ParticipantBody[] {
    return room.roster.snapshot();
  }

  /** Edges that outlived a node say who was in its rooms: expected back, and seen by the others meanwhile. */
  orphansDeclared(room: Room, orphans: OrphanRoom, nowMs: number): void {
    const { sessions } = this.#node;
    orphans.participants.forEach((participant, i) => {
      if (room.members.has(participant.id)) return; // Somebody was quicker than the declaration.
      const session = sessions.open(room, participant, orphans.sessionIds[i]!);
      this.#enter(room, session);
      this.#expect(session, nowMs + Math.min(orphans.expectedWithinMs, EXPECTED_MAX_MS));
      this.#tell.joined(room, session, nowMs);
    });
  }

  // ---- out ----------------------------------------------------------------------------------------

  /** The socket is gone, or the person left (`isFinal`). */
  detached(
    session: number,
    edge: number,
    attachment: number,
    isFinal: boolean,
    nowMs: number,
  ): void {
    const { sessions } = this.#node;
    if (!sessions.handles.isLive(session)) return;
    const at = slotOf(session);
    if (sessions.state[at] !== SessionState.attached || sessions.edge[at] !== edge) return;
    if (attachmentOf(sessions.rotation[at]!) !== attachment) return; // Of the socket before.
    const room = sessions.room[at]!;
    this.#detachFromEdge(room, at);
    if (isFinal) this.#leave(room, session, "left", nowMs);
    else this.#wait(session, nowMs);
  }

  #detachFromEdge(room: Room, at: number): void {
    const { sessions } = this.#node;
    room.edgeLeft(sessions.edge[at]!);
    sessions.edge[at] = -1;
    sessions.connection[at] = -1;
    sessions.attachedCount--;
    sessions.state[at] = SessionState.detached;
  }

  #wait(session: number, nowMs: number): void {
    const { policy, sessions } = this.#node;
    sessions.state[slotOf(session)] = SessionState.detached;
    sessions.detachedAtMs[slotOf(session)] = nowMs;
    this.#waits.begin(session, nowMs, policy);
  }

  /** An orphan: it waits from its slot on. */
  #expect(session: number, slotMs: number): void {
    const { policy, sessions } = this.#node;
    sessions.state[slotOf(session)] = SessionState.detached;
    sessions.detachedAtMs[slotOf(session)] = slotMs;
    this.#waits.beginAtSlot(session, slotMs, policy);
  }

  /** A whole edge is gone: its sessions wait for their clients. */
  edgeLost(edge: number, nowMs: number): void {
    const { sessions } = this.#node;
    for (let at = 0; at < sessions.handles.end; at++) {
      if (sessions.state[at] !== SessionState.attached || sessions.edge[at] !== edge) continue;
      const attachment = attachmentOf(sessions.rotation[at]!);
      this.detached(sessions.handles.at(at), edge, attachment, false, nowMs);
    }
  }

  #leave(room: Room, session: number, reason: LeftBody["reason"], nowMs: number): void {
    const { sessions } = this.#node;
    const at = slotOf(session);
    const id = sessions.participant[at]!.id;
    const wasSeen = sessions.state[at] !== SessionState.away;
    room.members.delete(id);
    if (wasSeen) {
      room.presentCount--;
      this.#tell.left(room, session, reason, nowMs);
    }
    sessions.release(session);
    this.#node.committed.sized(room.handle, room.presentCount);
    if (room.members.size === 0) {
      room.emptySinceMs = nowMs;
      this.#empties.push(room.handle, nowMs + EMPTY_ROOM_MS);
    }
  }

  /** The same person joined anew: the old session ends. */
  #replace(room: Room, session: number, nowMs: number): void {
    this.#end(room, session, CloseCode.replaced, "replaced", nowMs);
  }

  /** Put out by an operator. False when nobody of that name has a session here. */
  kicked(room: Room, participantId: string, nowMs: number): boolean {
    const session = room.members.get(participantId);
    if (session === undefined) return false;
    this.#end(room, session, CloseCode.kicked, "kicked", nowMs);
    return true;
  }

  #end(
    room: Room,
    session: number,
    code: CloseCode,
    reason: LeftBody["reason"],
    nowMs: number,
  ): void {
    const { sessions, outbox } = this.#node;
    const at = slotOf(session);
    if (sessions.state[at] === SessionState.attached) {
      outbox.close(sessions.edge[at]!, sessions.connection[at]!, session, code);
      this.#detachFromEdge(room, at);
    }
    this.#leave(room, session, reason, nowMs);
  }

  // ---- time -------------------------------------------------------------------------------------------

  nextDeadlineMs(): number {
    return Math.min(this.#waits.nextMs, this.#empties.nextMs);
  }

  deadlinePassed(nowMs: number): void {
    for (const queue of this.#waits.notices) this.#showLost(queue, nowMs);
    for (const queue of this.#waits.graces) this.#endPresence(queue, nowMs);
    for (const queue of this.#waits.windows) this.#endSessions(queue, nowMs);
    this.#closeEmpty(nowMs);
  }

  #showLost(queue: WaitQueue, nowMs: number): void {
    const { sessions, policy } = this.#node;
    this.#due(queue, policy.reconnectingNoticeMs, nowMs, (room, session) => {
      const at = slotOf(session);
      if (sessions.participant[at]!.connection !== undefined) return; // Shown already.
      if (sessions.state[at] !== SessionState.detached) return;
      this.#tell.connectionChanged(room, session, "reconnecting");
    });
  }

  #endPresence(queue: WaitQueue, nowMs: number): void {
    const { sessions, policy } = this.#node;
    this.#due(queue, policy.presenceGraceMs, nowMs, (room, session) => {
      const at = slotOf(session);
      if (sessions.state[at] !== SessionState.detached) return;
      this.ghostAgeMaxMs = Math.max(this.ghostAgeMaxMs, nowMs - sessions.detachedAtMs[at]!);
      this.timeouts++;
      sessions.state[at] = SessionState.away;
      room.presentCount--;
      this.#node.committed.sized(room.handle, room.presentCount);
      this.#tell.left(room, session, "timeout", nowMs);
    });
  }

  #endSessions(queue: WaitQueue, nowMs: number): void {
    this.#due(queue, this.#node.policy.resumeWindowMs, nowMs, (room, session) =>
      this.#leave(room, session, "timeout", nowMs),
    );
  }

  /** Calls `act` for those whose wait is over. One that came back and was lost again has a later entry. */
  #due(
    queue: WaitQueue,
    waitMs: number,
    nowMs: number,
    act: (room: Room, session: number) => void,
  ): void {
    const { sessions } = this.#node;
    for (let who = queue.take(nowMs); who >= 0; who = queue.take(nowMs)) {
      if (!sessions.handles.isLive(who)) continue;
      const at = slotOf(who);
      const isWaiting =
        sessions.state[at] === SessionState.detached || sessions.state[at] === SessionState.away;
      if (isWaiting && sessions.detachedAtMs[at]! + waitMs <= nowMs) act(sessions.room[at]!, who);
    }
  }

  /** A room that nobody enters is forgotten like one that everybody left. */
  founded(room: Room, nowMs: number): void {
    this.#empties.push(room.handle, nowMs + EMPTY_ROOM_MS);
  }

  #closeEmpty(nowMs: number): void {
    for (let who = this.#empties.take(nowMs); who >= 0; who = this.#empties.take(nowMs)) {
      const room = this.#node.roomByHandle(who);
      if (room === undefined || room.emptySinceMs + EMPTY_ROOM_MS > nowMs) continue;
      this.#closed(room, nowMs);
      this.#node.drop(room);
    }
  }
}
