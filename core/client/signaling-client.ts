// The client's state machine: dial, join, negotiate, back off, resume. The simulator's clients and the SDK
// perform this same machine.
//
// Two promises. A critical message it offered is either settled (ok or refused) or still awaited, and awaited
// ones are sent again after every resume, oldest first, so that the host's record of ids makes them count once.
// And it never trusts a stream with a hole: a skipped sequence number ends the socket and resumes.
//
// Losing signaling never touches media: what happens to peer connections is decided in client-media.ts.

import { assert } from "../assert.ts";
import { CloseCode } from "../protocol/limits.ts";
import { DeliveryClass, Kind, Message } from "../protocol/message.ts";
import type {
  DrainBody,
  ErrorBody,
  JoinBody,
  JoinedBody,
  LeftBody,
  PongBody,
  ResumedBody,
} from "../protocol/bodies.ts";
import { clientFrameBytes } from "../protocol/sizes.ts";
import { ClientMedia } from "./client-media.ts";
import { ClientEvent, type ClientOutbox } from "./client-outbox.ts";
import { ClientState, ClientTable } from "./client-table.ts";
import { ClientHeartbeat } from "./client-heartbeat.ts";
import { mustStop, type ClientPolicy } from "./client-policy.ts";
import { ClientOffers } from "./client-offers.ts";

/** An acknowledgement goes out at the latest after this many critical messages (protocol §4.3). */
const ACK_EVERY = 32;

export class SignalingClient {
  readonly table = new ClientTable();
  readonly media: ClientMedia;
  readonly #policy: ClientPolicy;
  readonly #outbox: ClientOutbox;
  readonly #identity: (client: number) => JoinBody;
  readonly #offers: ClientOffers;
  readonly #heartbeat: ClientHeartbeat;

  /** `identity` gives the room, token and name a client joins with; asked at every fresh join. */
  constructor(policy: ClientPolicy, outbox: ClientOutbox, identity: (client: number) => JoinBody) {
    this.#policy = policy;
    this.#outbox = outbox;
    this.#identity = identity;
    this.#heartbeat = new ClientHeartbeat(this.table, policy, outbox);
    this.#offers = new ClientOffers(this.table, outbox);
    this.media = new ClientMedia(this.table, outbox, (client, kind, to, n, bytes, body) =>
      this.#offers.offerCritical(client, kind, to, n, bytes, body),
    );
  }

  /** One more client, idle. Handles count from 0. */
  add(): number {
    const client = this.table.add();
    this.table.spreadMs[client] = this.#policy.spreadMs;
    return client;
  }

  stateOf(client: number): ClientState {
    return this.table.state(client) as ClientState;
  }

  /** The instant at which `deadlinePassed` has work for this client, ms; Infinity while there is none. */
  nextDeadlineMs(client: number): number {
    return Math.min(
      this.table.deadlineMs(client),
      this.media.nextDeadlineMs(client),
      this.#offers.nextDeadlineMs(client),
    );
  }

  // ---- facts: the person ----------------------------------------------------------------------

  started(client: number, nowMs: number): void {
    assert(this.stateOf(client) === ClientState.idle, "a client starts once", client);
    this.table.startedAtMs[client] = nowMs;
    this.#dial(client, nowMs);
  }

  /** The person left: the session ends, no resume. */
  left(client: number): void {
    const state = this.stateOf(client);
    if (state === ClientState.ended) return;
    const hasSocket = state >= ClientState.opening;
    if (state === ClientState.live) this.#send(client, Kind.leave, undefined);
    if (hasSocket || state === ClientState.dialing) this.#outbox.hangUp(client, CloseCode.normal);
    this.#end(client, ClientEvent.left);
  }

  // ---- facts: the socket ------------------------------------------------------------------------

  opened(client: number, nowMs: number): void {
    if (this.stateOf(client) !== ClientState.dialing) return; // Given up meanwhile.
    this.#enter(client, ClientState.opening, nowMs + this.#policy.joinTimeoutMs);
    this.table.setHeardAtMs(client, nowMs);
  }

  /**
   * The dial failed or the socket closed, not by us. `isPrivate`: the client's own network was the cause
   * (the browser said offline). `draw` in [0, 1).
   */
  closed(client: number, code: number, isPrivate: boolean, nowMs: number, draw: number): void {
    const state = this.stateOf(client);
    if (
      state === ClientState.idle ||
      state === ClientState.ended ||
      state === ClientState.waiting
    ) {
      return;
    }
    if (mustStop(code)) {
      this.#end(client, ClientEvent.refused);
      return;
    }
    if (code === CloseCode.resumeRejected) this.#loseSession(client);
    this.#backOff(client, isPrivate, code, nowMs, draw);
  }

  /** The network came back, or the page is looked at again: a live client asks whether it still is, one that waits need not. */
  nudged(client: number, nowMs: number, draw: number): void {
    const state = this.stateOf(client);
    if (state === ClientState.live) this.#heartbeat.nudged(client, nowMs);
    if (state === ClientState.waiting) this.#heartbeat.hurried(client, nowMs, draw);
  }

  /** A frame arrived. `s` is its sequence number, 0 when it has none. `draw` see `needsDraw`. */
  received(client: number, message: Message, s: number, nowMs: number, draw: number): void {
    const table = this.table;
    table.setHeardAtMs(client, nowMs);
    if (s > 0 && message.deliveryClass === DeliveryClass.critical) {
      const last = table.lastS(client);
      if (s <= last) return; // A repetition after a replay.
      if (s !== last + 1) {
        this.#outbox.tell(client, ClientEvent.gap);
        this.#outbox.hangUp(client, CloseCode.internal);
        this.#backOff(client, true, undefined, nowMs, draw);
        return;
      }
      table.setLastS(client, s);
      if (s - table.ackedS(client) >= ACK_EVERY) this.#heartbeat.acknowledge(client);
    }
    this.#dispatch(client, message, nowMs, draw);
  }

  #dispatch(client: number, message: Message, nowMs: number, draw: number): void {
    switch (message.kind) {
      case Kind.participantJoined:
        this.table.rosterGrew(client, message.idSum);
        if (this.media.hasMesh) this.media.peerJoined(client, (message.body as LeftBody).id);
        break;
      case Kind.participantLeft:
        this.table.rosterShrank(client, message.idSum);
        if (this.media.hasMesh) this.media.peerLeft(client, (message.body as LeftBody).id);
        break;
      case Kind.ok:
      case Kind.error:
        this.#answered(client, message, nowMs, draw);
        break;
      case Kind.pong:
        this.#heartbeat.ponged(client, message.body as PongBody | undefined);
        break;
      case Kind.hello:
        this.#greet(client, nowMs);
        break;
      case Kind.joined:
        this.#joined(client, message.body as JoinedBody, nowMs, draw);
        break;
      case Kind.resumed:
        this.#resumed(client, message.body as ResumedBody, nowMs, draw);
        break;
      case Kind.drain:
        this.#drained(client, message.body as DrainBody, nowMs);
        break;
      case Kind.offer:
      case Kind.answer:
      case Kind.candidate:
      case Kind.endOfCandidates:
      case Kind.iceRestart:
      case Kind.sfu:
        this.media.received(client, message, nowMs);
        break;
      default: // Application messages, and types of a later version: nothing to decide.
    }
  }

  deadlinePassed(client: number, nowMs: number, draw: number): void {
    if (this.media.nextDeadlineMs(client) <= nowMs) this.media.deadlinePassed(client, nowMs);
    this.#offers.deadlinePassed(client, nowMs);
    if (this.table.deadlineMs(client) > nowMs) return;
    switch (this.stateOf(client)) {
      case ClientState.waiting:
        if (this.#givesUp(client, nowMs)) return;
        this.#dial(client, nowMs);
        break;
      case ClientState.dialing:
      case ClientState.opening:
      case ClientState.joining:
      case ClientState.resuming:
        this.#outbox.hangUp(client, CloseCode.normal);
        this.#backOff(client, false, undefined, nowMs, draw);
        break;
      case ClientState.live:
        this.#beat(client, nowMs, draw);
        break;
      case ClientState.drained:
      case ClientState.holding:
        if (this.#givesUp(client, nowMs)) return;
        this.#greet(client, nowMs);
        break;
      default:
        this.table.setDeadlineMs(client, Infinity);
    }
  }

  // ---- messages of the application ----------------------------------------------------------------

  /** Offers a message; returns its id, 0 for classes that are not answered. Only while live. */
  offer(client: number, kind: Kind, to: string, key: string, bytes: number, body?: object): number {
    if (this.stateOf(client) !== ClientState.live) return 0;
    return this.#offers.offer(client, kind, to, key, bytes, body);
  }

  // ---- the way in -----------------------------------------------------------------------------------

  #dial(client: number, nowMs: number): void {
    this.#enter(client, ClientState.dialing, nowMs + this.#policy.dialTimeoutMs);
    this.#outbox.tell(client, ClientEvent.attempted);
    this.#outbox.dial(client);
  }

  /** Joins, or resumes when there is a session to come back to. */
  #greet(client: number, nowMs: number): void {
    if (this.stateOf(client) !== ClientState.opening) {
      this.#outbox.tell(client, ClientEvent.attempted); // In-band, after a drain or a "busy".
    }
    const held = this.table.held[client];
    if (held !== undefined && nowMs > this.table.lostAtMs[client]! + held.windowMs) {
      this.#loseSession(client);
    }
    const session = this.table.held[client];
    if (session === undefined) {
      const body = this.#identity(client);
      this.#enter(client, ClientState.joining, nowMs + this.#policy.joinTimeoutMs);
      this.#send(client, Kind.join, body);
      return;
    }
    this.#enter(client, ClientState.resuming, nowMs + this.#policy.joinTimeoutMs);
    this.#send(client, Kind.resume, {
      room: this.#identity(client).room,
      session: session.sessionId,
      token: session.token,
      last: this.table.lastS(client),
    });
  }

  #joined(client: number, body: JoinedBody, nowMs: number, draw: number): void {
    if (this.stateOf(client) !== ClientState.joining) return;
    this.table.hold(client, body);
    this.#live(client, nowMs, draw);
    this.#outbox.tell(client, ClientEvent.joined);
    this.#offers.resend(client); // Ids only grow: before anything new is said.
    this.media.entered(client, body.you, body.participants, body.media, body.sfu, nowMs);
  }

  #resumed(client: number, body: ResumedBody, nowMs: number, draw: number): void {
    if (this.stateOf(client) !== ClientState.resuming) return;
    this.table.holdOn(client, body);
    this.#live(client, nowMs, draw);
    this.#outbox.tell(client, body.mode === "replay" ? ClientEvent.replayed : ClientEvent.resynced);
    this.#offers.resend(client); // Ids only grow: before anything new is said.
    this.media.resumed(client, body, nowMs);
  }

  #live(client: number, nowMs: number, draw: number): void {
    const table = this.table;
    table.lostAtMs[client] = Infinity;
    table.liveSinceMs[client] = nowMs;
    table.pingSentAtMs[client] = 0;
    // The first ping lies anywhere in the interval, or a storm of joins becomes a storm of pings.
    this.#enter(
      client,
      ClientState.live,
      nowMs + draw * (table.held[client]?.ping.everyMs ?? this.#policy.pingEveryMs),
    );
  }

  #drained(client: number, body: DrainBody, nowMs: number): void {
    if (this.stateOf(client) !== ClientState.live) return;
    this.#disrupt(client, nowMs);
    this.#enter(client, ClientState.drained, nowMs + body.reconnectAfterMs); // Exactly: the server spread it.
  }

  // ---- the way out ----------------------------------------------------------------------------------

  #answered(client: number, message: Message, nowMs: number, draw: number): void {
    if (message.id > 0) {
      this.#offers.answered(client, message, nowMs);
      return;
    }
    if (message.kind !== Kind.error) return;
    const body = message.body as ErrorBody;
    if (body.code === "resume_rejected") {
      this.#loseSession(client);
      this.#enter(client, ClientState.opening, nowMs);
      this.#greet(client, nowMs); // A fresh join at once: the socket and the slot are ours.
    } else if (body.retry) {
      this.#outbox.tell(client, ClientEvent.postponed);
      const retryAfterMs = body.retryAfterMs ?? this.table.spreadMs[client]! * draw;
      this.#enter(client, ClientState.holding, nowMs + retryAfterMs);
    } else {
      this.#outbox.hangUp(client, CloseCode.normal);
      this.#end(client, ClientEvent.refused);
    }
  }

  #backOff(
    client: number,
    isPrivate: boolean,
    closeCode: number | undefined,
    nowMs: number,
    draw: number,
  ): void {
    const table = this.table;
    this.#disrupt(client, nowMs);
    const attempt = table.attempt(client);
    table.setAttempt(client, attempt + 1);
    // "busy", and then the socket was closed: the time that was told still counts.
    const isHolding = this.stateOf(client) === ClientState.holding;
    const delayMs = this.#policy.reconnect.delayMs(
      {
        attempt,
        isPrivate,
        spreadMs: table.spreadMs[client]!,
        capMs: table.held[client]?.capMs ?? this.#policy.capMs,
        reconnectAfterMs: undefined,
        retryAfterMs: isHolding ? Math.max(0, table.deadlineMs(client) - nowMs) : undefined,
        ...(closeCode === undefined ? {} : { closeCode }),
      },
      draw,
    );
    this.#enter(client, ClientState.waiting, nowMs + delayMs);
  }

  /** The session is cut off, if it was not already. */
  #disrupt(client: number, nowMs: number): void {
    const table = this.table;
    if (this.stateOf(client) !== ClientState.live) return;
    if (nowMs - table.liveSinceMs[client]! >= this.#policy.stableAfterMs)
      table.setAttempt(client, 0);
    table.lostAtMs[client] = nowMs;
    this.#outbox.tell(client, ClientEvent.disrupted);
  }

  #loseSession(client: number): void {
    if (this.table.held[client] === undefined) return;
    this.table.held[client] = undefined;
    this.#outbox.tell(client, ClientEvent.sessionLost);
  }

  #givesUp(client: number, nowMs: number): boolean {
    if (this.table.held[client] !== undefined) return false;
    if (nowMs - this.table.startedAtMs[client]! < this.#policy.patienceMs) return false;
    if (this.stateOf(client) >= ClientState.opening) this.#outbox.hangUp(client, CloseCode.normal);
    this.#end(client, ClientEvent.gaveUp);
    return true;
  }

  #end(client: number, event: ClientEvent): void {
    this.#enter(client, ClientState.ended, Infinity);
    this.table.held[client] = undefined;
    this.#offers.ended(client);
    this.media.ended(client);
    this.#outbox.tell(client, event);
  }

  // ---- while live -----------------------------------------------------------------------------------

  #beat(client: number, nowMs: number, draw: number): void {
    if (this.#heartbeat.passed(client, nowMs)) return;
    this.#outbox.hangUp(client, CloseCode.heartbeatTimeout);
    this.#backOff(client, false, undefined, nowMs, draw);
  }

  #send(client: number, kind: Kind, body: object | undefined): void {
    const bytes = clientFrameBytes(kind, body);
    this.#outbox.send(client, new Message(kind, 0, "", "", 0, bytes, "", body));
  }

  #enter(client: number, state: ClientState, deadlineMs: number): void {
    this.table.setState(client, state);
    this.table.setDeadlineMs(client, deadlineMs);
  }
}
