// What members say, and how it reaches the others: budgets first, then the fanout scheduler, then the trunks.
//
// A critical message is answered `ok` when it was served: it is in the room's log and handed to the recipients'
// edges. Ids only grow within a session and frames keep their order, so a repetition is known by its number alone.

import { BudgetTake, takeAll } from "../budgets/token-bucket.ts";
import { assert } from "../assert.ts";
import { slotOf } from "../handles.ts";
import type { ErrorBody, ParticipantBody } from "../protocol/bodies.ts";
import { DeliveryClass, Kind, Message } from "../protocol/message.ts";
import { serverFrameBytes } from "../protocol/sizes.ts";
import { FanoutItem, type NodeContext } from "./node-context.ts";
import type { Room } from "./room.ts";
import { isAnnouncement, keepRoster, sessionOfSubject, withState } from "./served.ts";
import { SessionState } from "./sessions.ts";

/** People named in one `speakers`: the loudest. Cited: protocol §4.3, top-N; 5 is assumed. */
const SPEAKERS_MAX = 5;

export class Relay {
  readonly #node: NodeContext;
  readonly #take = new BudgetTake();
  /** Publishes to the room's other hosts; set by the node (span.ts). */
  readonly #publish: (room: Room, message: Message) => void;
  /** Rooms with something to flush, and when. */
  readonly #dirty = new Set<Room>();
  #flushAtMs = Infinity;
  #served = 0;
  /** Of the slice under way. */
  #nowMs = 0;
  /** Edges whose trunk holds more than soft. */
  readonly #congested = new Set<number>();

  constructor(node: NodeContext, publish: (room: Room, message: Message) => void) {
    this.#node = node;
    this.#publish = publish;
  }

  /** Items of fanout that left the node so far. */
  get servedItems(): number {
    return this.#served;
  }

  received(session: number, message: Message, nowMs: number): void {
    const { sessions } = this.#node;
    if (!sessions.handles.isLive(session)) return;
    const at = slotOf(session);
    if (sessions.state[at] !== SessionState.attached) return;
    const room = sessions.room[at]!;
    if (message.id > 0 && !sessions.isNewId(session, message.id)) {
      this.#repeated(session, room, message.id);
      return;
    }
    if (message.id > 0 && this.#isMoving(room)) {
      this.#refuse(session, message.id, "not_joined", "the room is moving", 0);
      return;
    }
    switch (message.kind) {
      case Kind.offer:
      case Kind.answer:
      case Kind.candidate:
      case Kind.endOfCandidates:
      case Kind.iceRestart:
        this.#toPeer(session, room, message, nowMs);
        break;
      case Kind.message:
        if (message.to === "") this.#toRoom(session, room, message, nowMs);
        else this.#toPeer(session, room, message, nowMs);
        break;
      case Kind.state:
        this.#stateChanged(session, room, message, nowMs);
        break;
      case Kind.speaking:
        this.#speaking(session, room, message, nowMs);
        break;
      case Kind.quality:
      case Kind.cursor:
      case Kind.appVolatile:
        this.#toRoom(session, room, message, nowMs);
        break;
      default:
        this.#refuse(session, message.id, "unknown_type", "clients do not send this", 0);
    }
  }

  /**
   * This node drains, and some have gone whose edge was quicker to hear of it: what is said here now would not reach them. It is
   * said again where the room will be.
   */
  #isMoving(room: Room): boolean {
    return this.#node.state === "draining" && room.attachedCount < room.members.size;
  }

  /** Taken before; its answer was lost, or is still to come: this one takes its turn behind it. */
  #repeated(session: number, room: Room, id: number): void {
    const bytes = serverFrameBytes(Kind.ok, undefined);
    const ok = new Message(Kind.ok, id, "", "", 0, bytes, "", undefined);
    this.#node.enqueue(room, ok, session, -1, 0);
  }

  // ---- to one -------------------------------------------------------------------------------------

  #toPeer(session: number, room: Room, message: Message, nowMs: number): void {
    if (!this.#pays(session, room, message, 1, nowMs)) return;
    const relayed = this.#relayed(session, message);
    if (message.to === "sfu") {
      this.#node.outbox.toSfu(room.handle, session, relayed);
      this.#node.answer(session, Kind.ok, message.id, undefined);
      return;
    }
    const target = room.members.get(message.to);
    const isElsewhere = room.isReachableElsewhere(message.to);
    if (target !== undefined && (!isElsewhere || this.#isAttached(target))) {
      this.#node.enqueue(room, relayed, target, session, message.id);
      return;
    }
    if (isElsewhere) {
      this.#publish(room, relayed);
      this.#node.answer(session, Kind.ok, message.id, undefined);
      return;
    }
    this.#refuse(session, message.id, "no_such_peer", "nobody of that name is in the room", 0);
  }

  #isAttached(session: number): boolean {
    return this.#node.sessions.state[slotOf(session)] === SessionState.attached;
  }

  /** The media plane answered a member: critical, sequenced like a message of a peer. */
  sfuAnswered(session: number, message: Message): void {
    const { sessions } = this.#node;
    if (!sessions.handles.isLive(session)) return;
    const room = sessions.room[slotOf(session)]!;
    this.#node.enqueue(room, message, session, -1, 0);
  }

  // ---- to the room -----------------------------------------------------------------------------------

  #toRoom(session: number, room: Room, message: Message, nowMs: number): void {
    if (!this.#pays(session, room, message, this.#fanout(room), nowMs)) return;
    const relayed = this.#relayed(session, message);
    this.#node.enqueue(room, relayed, -1, session, message.id);
    this.#publish(room, relayed);
  }

  #stateChanged(session: number, room: Room, message: Message, nowMs: number): void {
    const { sessions } = this.#node;
    const at = slotOf(session);
    const who = sessions.participant[at]!;
    const changed: ParticipantBody = { ...who, state: withState(who, message) };
    sessions.participant[at] = changed;
    this.#toRoom(session, room, message, nowMs);
  }

  #speaking(session: number, room: Room, message: Message, nowMs: number): void {
    if (!this.#pays(session, room, message, 1, nowMs)) return;
    const { sessions, policy } = this.#node;
    const id = sessions.participant[slotOf(session)]!.id;
    const body = message.body as { on?: boolean; level?: number } | undefined;
    if (body?.on === false) room.speakers.delete(id);
    else room.ownSpeakers().set(id, body?.level ?? 1);
    room.isSpeakersDue = true;
    this.#markDirty(room, Math.max(nowMs, room.speakersAtMs + policy.speakersEveryMs), nowMs);
  }

  /** A member that is gone does not speak. */
  silenced(room: Room, id: string, nowMs: number): void {
    if (!room.speakers.delete(id)) return;
    room.isSpeakersDue = true;
    this.#markDirty(room, nowMs + this.#node.policy.speakersEveryMs, nowMs);
  }

  // ---- budgets -----------------------------------------------------------------------------------------

  #fanout(room: Room): number {
    return Math.max(1, room.population - 1);
  }

  /** Takes the message's price from connection, room and node, all or none; says so when it cannot. */
  #pays(session: number, room: Room, message: Message, deliveries: number, nowMs: number): boolean {
    const node = this.#node;
    const at = slotOf(session);
    const take = this.#take;
    take.connectionTatMs = node.sessions.tat[at]!;
    take.roomTatMs = room.tat;
    take.nodeTatMs = node.nodeTatMs;
    const isCritical = message.deliveryClass === DeliveryClass.critical;
    if (takeAll(take, node.policy.budgets, 1, deliveries, nowMs, isCritical)) {
      node.sessions.tat[at] = take.connectionTatMs;
      room.tat = take.roomTatMs;
      node.nodeTatMs = take.nodeTatMs;
      return true;
    }
    this.#unpaid(session, room, message, nowMs);
    return false;
  }

  /** Non-critical goes first: dropped or held back. Critical is refused aloud, never dropped silently. */
  #unpaid(session: number, room: Room, message: Message, nowMs: number): void {
    const node = this.#node;
    const scope = this.#take.refusedBy;
    assert(scope !== undefined, "a refusal has a scope", message.kind);
    const waitMs = this.#take.retryAfterMs;
    if (message.deliveryClass === DeliveryClass.critical) {
      this.#refuse(session, message.id, "rate_limited", "over the budget", waitMs);
    } else if (message.deliveryClass === DeliveryClass.coalescable) {
      const relayed = this.#relayed(session, message);
      const key = `${relayed.from}/${relayed.key}`;
      if (room.heldBack.has(key)) node.drops.merged(message.deliveryClass, scope);
      room.ownHeldBack().set(key, relayed);
      this.#markDirty(room, nowMs + Math.max(1, waitMs), nowMs);
    } else {
      node.drops.dropped(message.deliveryClass, scope);
    }
  }

  // ---- what goes out later -------------------------------------------------------------------------------

  #markDirty(room: Room, atMs: number, nowMs: number): void {
    this.#dirty.add(room);
    this.#flushAtMs = Math.min(this.#flushAtMs, atMs);
    if (atMs <= nowMs) this.#flush(nowMs);
  }

  /** The room is closed: what it held back is nobody's. */
  forgetRoom(room: Room): void {
    this.#dirty.delete(room);
  }

  #flush(nowMs: number): void {
    this.#flushAtMs = Infinity;
    for (const room of this.#dirty) {
      const nextMs = Math.min(this.#flushSpeakers(room, nowMs), this.#flushHeldBack(room, nowMs));
      if (nextMs === Infinity) this.#dirty.delete(room);
      else this.#flushAtMs = Math.min(this.#flushAtMs, nextMs);
    }
  }

  /** Returns when it has to be tried again, ms. */
  #flushSpeakers(room: Room, nowMs: number): number {
    const { policy } = this.#node;
    if (!room.isSpeakersDue) return Infinity;
    const dueMs = room.speakersAtMs + policy.speakersEveryMs;
    if (dueMs > nowMs) return dueMs;
    room.isSpeakersDue = false;
    room.speakersAtMs = nowMs;
    const list = [...room.speakers].slice(-SPEAKERS_MAX).map(([id, level]) => ({ id, level }));
    const body = { list };
    const bytes = serverFrameBytes(Kind.speakers, body);
    const message = new Message(Kind.speakers, 0, "", "", 0, bytes, "speakers", body);
    if (this.#roomPays(room, message, nowMs)) {
      this.#node.enqueue(room, message, -1, -1, 0);
      this.#publish(room, message);
    } else {
      this.#node.drops.dropped(message.deliveryClass, "room");
    }
    return Infinity;
  }

  #flushHeldBack(room: Room, nowMs: number): number {
    for (const [key, message] of room.heldBack) {
      if (!this.#roomPays(room, message, nowMs))
        return nowMs + Math.max(1, this.#take.retryAfterMs);
      room.heldBack.delete(key);
      const sender = room.members.get(message.from) ?? -1;
      this.#node.enqueue(room, message, -1, sender, 0);
      this.#publish(room, message);
    }
    return Infinity;
  }

  #roomPays(room: Room, message: Message, nowMs: number): boolean {
    const node = this.#node;
    const take = this.#take;
    take.connectionTatMs = 0;
    take.roomTatMs = room.tat;
    take.nodeTatMs = node.nodeTatMs;
    const deliveries = this.#fanout(room);
    if (!takeAll(take, node.policy.budgets, 0, deliveries, nowMs, false)) return false;
    assert(message.deliveryClass !== DeliveryClass.critical, "critical is never held back", 0);
    room.tat = take.roomTatMs;
    node.nodeTatMs = take.nodeTatMs;
    return true;
  }

  nextDeadlineMs(): number {
    return this.#node.scheduler.backlogItems > 0 ? 0 : this.#flushAtMs;
  }

  deadlinePassed(nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#flushAtMs <= nowMs) this.#flush(nowMs);
    this.serve();
  }

  // ---- serving --------------------------------------------------------------------------------------------

  /** One slice: what the scheduler picks, to the log and to the trunks. */
  serve(): void {
    const { scheduler, policy } = this.#node;
    if (scheduler.backlogItems === 0) return;
    scheduler.serve(policy.sliceDeliveries, this.#visit);
  }

  readonly #visit = (_slot: number, item: FanoutItem): void => {
    const { room, message, target, except } = item;
    this.#served++;
    keepRoster(room, message, this.#nowMs);
    const { sessions, outbox } = this.#node;
    const isCritical = message.deliveryClass === DeliveryClass.critical;
    if (isCritical && item.answers > 0 && this.#isMoving(room)) {
      this.#refuse(except, item.answers, "not_joined", "the room is moving", 0);
      return;
    }
    if (target >= 0) {
      if (!sessions.handles.isLive(target)) {
        if (item.answers > 0) this.#refuse(except, item.answers, "no_such_peer", "they left", 0);
        return;
      }
      if (isCritical) room.log.append(sessions, message, target, -1);
      const at = slotOf(target);
      const edge = sessions.edge[at]!;
      if (edge >= 0) outbox.deliver(edge, sessions.connection[at]!, target, message, 0);
    } else {
      const unaware = isAnnouncement(message) ? sessionOfSubject(room, message) : except;
      const sender = unaware >= 0 && sessions.handles.isLive(unaware) ? unaware : -1;
      if (isCritical) room.log.append(sessions, message, -1, sender);
      this.#multicast(room, message, sender);
    }
    if (isCritical && room.log.isLong) {
      room.log.trim(sessions, room.members.values(), this.#node.policy.bufferMax);
    }
    if (item.answers > 0 && sessions.handles.isLive(except)) {
      this.#node.answer(except, Kind.ok, item.answers, undefined);
    }
  };

  #multicast(room: Room, message: Message, sender: number): void {
    const { sessions, outbox, drops } = this.#node;
    const isDroppable =
      this.#congested.size > 0 && message.deliveryClass === DeliveryClass.droppable;
    const senderEdge = sender < 0 ? -1 : sessions.edge[slotOf(sender)]!;
    const senderConnection = sender < 0 ? -1 : sessions.connection[slotOf(sender)]!;
    for (let i = 0; i < room.edges.length; i++) {
      const edge = room.edges[i]!;
      const isSenders = edge === senderEdge;
      if (isSenders && room.edgeCounts[i] === 1) continue; // Nobody else there.
      if (isDroppable && this.#congested.has(edge)) {
        drops.dropped(message.deliveryClass, "trunk");
        continue;
      }
      outbox.multicast(edge, room.handle, isSenders ? senderConnection : -1, message);
    }
  }

  /** What waits on the trunk to an edge. True when that is more than it may ever be. */
  trunkBuffered(edge: number, bytes: number): boolean {
    const { softBytes, hardBytes } = this.#node.policy.trunk;
    if (bytes < softBytes) this.#congested.delete(edge);
    else this.#congested.add(edge);
    return bytes >= hardBytes;
  }

  trunkForgotten(edge: number): void {
    this.#congested.delete(edge);
  }

  #relayed(session: number, m: Message): Message {
    const from = this.#node.sessions.participant[slotOf(session)]!.id;
    const relayed = new Message(m.kind, m.id, from, m.to, m.n, m.bytes, m.key, m.body);
    relayed.offeredAtUs = m.offeredAtUs;
    return relayed;
  }

  #refuse(
    session: number,
    re: number,
    code: ErrorBody["code"],
    text: string,
    waitMs: number,
  ): void {
    if (re === 0 || !this.#node.sessions.handles.isLive(session)) return;
    this.#node.sessions.refused(session, re);
    const body: ErrorBody =
      waitMs > 0
        ? { code, message: text, retry: true, retryAfterMs: waitMs }
        : { code, message: text, retry: false };
    this.#node.answer(session, Kind.error, re, body);
  }
}
